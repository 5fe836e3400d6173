//! What was seen in all runs, as one Markdown table.

use crate::orders::Order;
use crate::run::{Bootstrap, Run};

/// The table of these runs.
pub(crate) fn of(runs: &[Run]) -> String {
    let mut rows = Rows::default();
    for order in Order::ALL {
        let of: Vec<&Run> = runs.iter().filter(|run| run.order == order).collect();
        let goal = if order == Order::Bootstrap { "no slower than the naive order" } else { "" };
        rows.add(&format!("{}: all 50 releases Ready", order.name()), "s", 1, &seconds(&of, |run| run.ready), goal);
        rows.add(&format!("{}: its last command ended", order.name()), "s", 1, &seconds(&of, |run| run.ended), "");
    }
    let all: Vec<&Bootstrap> = runs.iter().filter_map(|run| run.bootstrap.as_ref()).collect();
    let delays: Vec<f64> = all.iter().flat_map(|run| run.delays.waited.iter().map(|(_, delay)| *delay)).collect();
    for (percent, goal) in [(50, "at most 30 ms"), (99, "at most 250 ms"), (100, "")] {
        if let Some(delay) = percentile(&delays, percent) {
            let which = if percent == 100 { "the slowest".to_owned() } else { format!("p{percent}") };
            rows.line(&format!("from a condition in etcd to fluxlift, {which}"), &format!("{delay:.1} ms"), "", goal);
        }
    }
    let each = |figure: fn(&Bootstrap) -> f64| all.iter().map(|run| figure(run)).collect::<Vec<_>>();
    rows.add("from the last canary's answer in etcd to the sync in etcd", "ms", 0, &each(|run| run.delays.to_sync), "");
    rows.add("gates that were waited for", "", 0, &each(|run| count(run.delays.waited.len())), "");
    rows.add("gates that held before they were asked", "", 0, &each(|run| count(run.delays.held_before.len())), "");
    rows.add("requests to the API server", "", 0, &each(|run| count(run.requests.total())), "");
    rows.add("of them reads", "", 0, &each(|run| count(run.requests.reads)), "");
    rows.add("of them watches", "", 0, &each(|run| count(run.requests.watches)), "");
    rows.add("of them writes", "", 0, &each(|run| count(run.requests.writes)), "");
    rows.add("fluxlift's processor time", "s", 2, &each(|run| run.weight.processor.as_secs_f64()), "");
    rows.add("fluxlift's peak of memory", "MB", 1, &each(|run| bytes(run.weight.memory)), "at most 60 MB");
    rows.0
}

/// The rows so far.
struct Rows(String);

impl Default for Rows {
    fn default() -> Self {
        Self("| what | median | all | goal |\n|---|---|---|---|\n".to_owned())
    }
}

impl Rows {
    /// A figure of each run; nothing where there was none.
    fn add(&mut self, what: &str, unit: &str, digits: usize, values: &[f64], goal: &str) {
        let Some(median) = median(values) else { return };
        let all: Vec<String> = values.iter().map(|value| format!("{value:.digits$}")).collect();
        self.line(what, format!("{median:.digits$} {unit}").trim_end(), &all.join(", "), goal);
    }

    fn line(&mut self, what: &str, median: &str, all: &str, goal: &str) {
        self.0 += &format!("| {what} | {median} | {all} | {goal} |\n");
    }
}

fn seconds(runs: &[&Run], figure: fn(&Run) -> std::time::Duration) -> Vec<f64> {
    runs.iter().map(|run| figure(run).as_secs_f64()).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

/// The smallest value that so many in a hundred do not exceed.
fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let sorted = sorted(values);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[expect(clippy::cast_precision_loss, reason = "counts of gates and requests are small")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a size in megabytes")]
fn bytes(number: u64) -> f64 {
    number as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_seen_and_a_median_lies_in_the_middle() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 99)), (Some(100.0), Some(198.0)));
        assert_eq!((percentile(&[7.0], 99), percentile(&[], 50)), (Some(7.0), None));
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0]), median(&[])), (Some(2.0), Some(2.5), None));
    }
}
