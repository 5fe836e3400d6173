//! What a controller counts, in the text format of Prometheus: only the few numbers that are needed here.

use std::collections::BTreeMap;
use std::fmt;

/// The port of every Flux controller's metrics.
pub(crate) const PORT: u16 = 8080;

/// A worker that has been at one object for this long hangs, or waits for a chart that never comes.
const HANGS: f64 = 600.0;

/// How busy one controller of a process is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Load {
    /// How many objects wait for a worker.
    pub(crate) waiting: f64,
    /// How many workers work.
    pub(crate) busy: f64,
    /// How many workers there are.
    pub(crate) workers: f64,
    /// For how many seconds the slowest of them has worked on its object.
    pub(crate) longest: f64,
}

impl Load {
    /// Whether all workers are busy and others wait. That alone is a busy hour; a worker that does not come back is not.
    pub(crate) const fn is_full(&self) -> bool {
        self.busy >= self.workers && self.waiting > 0.0
    }

    /// Whether a worker does not come back.
    pub(crate) const fn hangs(&self) -> bool {
        self.longest >= HANGS
    }
}

impl fmt::Display for Load {
    /// `all 4 workers are busy and 9 objects wait`, of one that is full.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "all {} workers are busy and {} objects wait", self.workers, self.waiting)
    }
}

/// The load of each controller in the text, by the controller's name; empty where the text has none of it.
pub(crate) fn loads(text: &str) -> BTreeMap<String, Load> {
    let mut loads: BTreeMap<String, Load> = BTreeMap::new();
    for (metric, labels, value) in text.lines().filter_map(sample) {
        let Some(controller) = label(labels, "controller").or_else(|| label(labels, "name")) else { continue };
        let load = loads.entry(controller.to_owned()).or_default();
        match metric {
            // One line for each priority.
            "workqueue_depth" => load.waiting += value,
            "controller_runtime_active_workers" => load.busy = value,
            "controller_runtime_max_concurrent_reconciles" => load.workers = value,
            "workqueue_longest_running_processor_seconds" => load.longest = value,
            _ => {}
        }
    }
    // Queues that are no controller's have no workers to be busy.
    loads.retain(|_, load| load.workers > 0.0);
    loads
}

/// `name{labels} value`, with the labels perhaps absent.
fn sample(line: &str) -> Option<(&str, &str, f64)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (head, rest) = match line.split_once('{') {
        Some((name, rest)) => (name, rest.rsplit_once('}')?),
        None => line.split_once(' ').map(|(name, value)| (name, ("", value)))?,
    };
    let (labels, value) = rest;
    Some((head, labels, value.split_whitespace().next()?.parse().ok()?))
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    labels.split(',').find_map(|label| {
        let (key, value) = label.trim().split_once('=')?;
        (key == name).then(|| value.trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_of_several_priorities_is_counted_as_one() {
        let text = "# HELP workqueue_depth x\n\
            workqueue_depth{controller=\"helmrelease\",name=\"helmrelease\",priority=\"0\"} 3\n\
            workqueue_depth{controller=\"helmrelease\",name=\"helmrelease\",priority=\"-100\"} 40\n\
            controller_runtime_active_workers{controller=\"helmrelease\"} 4\n\
            controller_runtime_max_concurrent_reconciles{controller=\"helmrelease\"} 4\n\
            workqueue_depth{name=\"other\"} 7\n\
            go_goroutines 12\n";
        let loads = loads(text);
        assert_eq!(loads["helmrelease"], Load { waiting: 43.0, busy: 4.0, workers: 4.0, longest: 0.0 });
        assert_eq!(loads.len(), 1);
    }

    #[test]
    fn a_page_that_is_no_metrics_has_no_loads() {
        assert!(loads("<html>502 Bad Gateway</html>").is_empty());
    }
}
