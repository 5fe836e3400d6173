//! When two sequences of statuses are the same.
//!
//! The sequences are laid side by side. The simulated one has to be a subsequence of the real one: every status that it
//! shows the real one shows too, field by field, in the same order, from the same beginning to the same end. What the real
//! one shows besides is allowed only *on the way*: every field of such a status is either still that of the status before
//! or already that of the status after, as when one write of the simulation is two in reality. A value that neither
//! neighbour has is a difference, and so is everything that only the simulation shows.

use std::collections::BTreeSet;

use super::fields::Fields;
use super::kinds::Subject;
use super::sequence::Sequence;
use super::theatre::Shown;

/// What leaving a status without a partner costs; a pair costs two for each field that differs.
const ALONE: usize = 7;

/// The differences between what the simulation and what reality shows of an object of `kind`, each told in one line that
/// is the same whenever it is seen.
pub fn compare(kind: &str, simulated: &Sequence, real: &Sequence) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let pairs = pairs(simulated, real);
    for (at, pair) in pairs.iter().enumerate() {
        match *pair {
            (Some(s), Some(r)) => fieldwise(kind, simulated[s].as_ref(), real[r].as_ref(), &mut found),
            (Some(s), None) => {
                let before = s.checked_sub(1).and_then(|before| simulated[before].as_ref());
                found.insert(format!("{kind}: only the simulation shows {}", news(before, simulated[s].as_ref())));
            }
            (None, Some(r)) => {
                let partner = |pair: &(Option<usize>, Option<usize>)| pair.0.and(pair.1);
                let before = pairs[..at].iter().rev().find_map(partner).and_then(|r| real[r].as_ref());
                let after = pairs[at..].iter().find_map(partner).and_then(|r| real[r].as_ref());
                if !is_between(before, real[r].as_ref(), after) {
                    let before = r.checked_sub(1).and_then(|before| real[before].as_ref());
                    found.insert(format!("{kind}: only reality shows {}", news(before, real[r].as_ref())));
                }
            }
            (None, None) => {}
        }
    }
    found
}

/// The differences between what the two show of all objects of a situation.
pub fn shown(simulated: &Shown, real: &Shown) -> BTreeSet<String> {
    let none = Sequence::new();
    let of = |shown: &Shown, subject: &Subject| shown.get(subject).unwrap_or(&none).clone();
    let subjects: BTreeSet<&Subject> = simulated.keys().chain(real.keys()).collect();
    subjects
        .into_iter()
        .flat_map(|subject| compare(subject.kind, &of(simulated, subject), &of(real, subject)))
        .collect()
}

/// The two sequences side by side, at the least cost.
fn pairs(simulated: &Sequence, real: &Sequence) -> Vec<(Option<usize>, Option<usize>)> {
    let (rows, columns) = (simulated.len(), real.len());
    // The cost of what is left from each pair of places on.
    let mut cost = vec![vec![0; columns + 1]; rows + 1];
    for s in (0..=rows).rev() {
        for r in (0..=columns).rev() {
            let mut ways = Vec::new();
            if s < rows && r < columns {
                ways.push(cost[s + 1][r + 1] + 2 * distance(simulated[s].as_ref(), real[r].as_ref()));
            }
            if s < rows {
                ways.push(cost[s + 1][r] + ALONE);
            }
            if r < columns {
                ways.push(cost[s][r + 1] + ALONE);
            }
            cost[s][r] = ways.into_iter().min().unwrap_or(0);
        }
    }
    let (mut s, mut r, mut pairs) = (0, 0, Vec::new());
    while s < rows || r < columns {
        let paired = s < rows
            && r < columns
            && cost[s][r] == cost[s + 1][r + 1] + 2 * distance(simulated[s].as_ref(), real[r].as_ref());
        if paired {
            pairs.push((Some(s), Some(r)));
            (s, r) = (s + 1, r + 1);
        } else if r < columns && cost[s][r] == cost[s][r + 1] + ALONE {
            pairs.push((None, Some(r)));
            r += 1;
        } else {
            pairs.push((Some(s), None));
            s += 1;
        }
    }
    pairs
}

/// How many fields differ. What is there is never like what is not.
fn distance(one: Option<&Fields>, other: Option<&Fields>) -> usize {
    match (one, other) {
        (None, None) => 0,
        (Some(one), Some(other)) => names(one, other).filter(|name| one.get(*name) != other.get(*name)).count(),
        _ => 1000,
    }
}

fn names<'a>(one: &'a Fields, other: &'a Fields) -> impl Iterator<Item = &'a String> {
    one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)))
}

fn fieldwise(kind: &str, simulated: Option<&Fields>, real: Option<&Fields>, found: &mut BTreeSet<String>) {
    let (Some(simulated), Some(real)) = (simulated, real) else { return };
    for name in names(simulated, real) {
        let (s, r) = (simulated.get(name), real.get(name));
        if s != r {
            let told =
                |value: Option<&String>| value.map_or("nothing".to_owned(), |value| format!("\"{}\"", line(value)));
            found.insert(format!("{kind} {name}: {} is in reality {}", told(s), told(r)));
        }
    }
}

/// Whether every field of a status is that of the one before or that of the one after.
fn is_between(before: Option<&Fields>, status: Option<&Fields>, after: Option<&Fields>) -> bool {
    let (Some(before), Some(status), Some(after)) = (before, status, after) else { return false };
    let all = before.keys().chain(status.keys()).chain(after.keys());
    all.into_iter().all(|name| {
        let is = status.get(name);
        is == before.get(name) || is == after.get(name)
    })
}

/// What a status brings that the one before had not.
fn news(before: Option<&Fields>, status: Option<&Fields>) -> String {
    let Some(status) = status else { return "that it is gone".to_owned() };
    let none = Fields::new();
    let before = before.unwrap_or(&none);
    let changed = names(before, status).filter(|name| before.get(*name) != status.get(*name));
    let told: Vec<String> = changed
        .map(|name| match status.get(name) {
            Some(value) => format!("{name} \"{}\"", line(value)),
            None => format!("no {name}"),
        })
        .collect();
    told.join(", ")
}

/// A value in one line, and without the quotes of Markdown's code.
fn line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"og=-1 Ready=Unknown; og=1 Ready=True; gone"`
    fn sequence(text: &str) -> Sequence {
        let status = |part: &str| {
            let part = part.trim();
            (part != "gone").then(|| {
                let fields = part.split_whitespace().filter_map(|field| field.split_once('='));
                fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
            })
        };
        text.split(';').map(status).collect()
    }

    fn differences(simulated: &str, real: &str) -> Vec<String> {
        compare("Kind", &sequence(simulated), &sequence(real)).into_iter().collect()
    }

    #[test]
    fn equal_sequences_do_not_differ_and_neither_does_a_write_that_is_two_in_reality() {
        let simulated = "og=-1; og=-1 Ready=Unknown; og=1 Ready=True; gone";
        assert!(differences(simulated, simulated).is_empty());
        assert!(
            differences(simulated, "og=-1; og=-1 Ready=Unknown; og=-1 Ready=True; og=1 Ready=True; gone").is_empty()
        );
    }

    #[test]
    fn a_step_that_the_simulation_leaves_out_is_a_difference() {
        let found = differences("og=-1; og=1 Ready=True", "og=-1; og=-1 Ready=Unknown; og=1 Ready=True");
        assert_eq!(found, ["Kind: only reality shows Ready \"Unknown\""]);
    }

    #[test]
    fn a_status_that_only_the_simulation_shows_is_a_difference_even_on_the_way() {
        let found = differences("og=-1 a=1; og=1 a=1; og=1 a=2", "og=-1 a=1; og=1 a=2");
        assert_eq!(found, ["Kind: only the simulation shows og \"1\""]);
    }

    #[test]
    fn the_ends_have_to_be_equal() {
        assert_eq!(differences("a=1; a=2", "a=1"), ["Kind: only the simulation shows a \"2\""]);
        assert_eq!(differences("a=1", "a=1; a=2"), ["Kind: only reality shows a \"2\""]);
        assert_eq!(differences("a=1; gone", "a=1"), ["Kind: only the simulation shows that it is gone"]);
    }

    #[test]
    fn another_order_is_a_difference() {
        assert!(!differences("a=1 b=1; a=2 b=1; a=2 b=2", "a=1 b=1; a=1 b=2; a=2 b=2").is_empty());
    }

    #[test]
    fn a_field_with_another_value_is_named_with_both() {
        let found = differences("og=1 Ready=True", "og=1 Ready=False x=`y`");
        assert_eq!(found, ["Kind Ready: \"True\" is in reality \"False\"", "Kind x: nothing is in reality \"'y'\""]);
    }
}
