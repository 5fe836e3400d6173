//! A rescue for people: what would be done or was done, and what is left.

use fluxlift_flux::rescue::{Act, Left, Outcome, Plan, Waiting};

use crate::ui::Table;

/// How many of those that only wait are named.
const NAMED: usize = 10;

pub(super) fn plan_text(plan: &Plan) -> String {
    let rest = rest(&plan.beyond, &plan.for_a_person, &plan.waiting);
    match (plan.acts.is_empty(), rest.is_empty()) {
        (true, true) => "Nothing is stuck.\n".to_owned(),
        (true, false) => format!("There is nothing to be done.\n{rest}"),
        (false, _) => acts("To be done, the least force first:", &plan.acts) + &rest,
    }
}

pub(super) fn outcome_text(outcome: &Outcome) -> String {
    let mut table = Table::new(["FORCE", "TARGET", "HELPED", "SEEN"]);
    for done in &outcome.done {
        let helped = if done.helped { "yes" } else { "NO" };
        table.row([force(&done.act), done.act.target.clone(), helped.to_owned(), done.seen.clone()]);
    }
    let done = if outcome.done.is_empty() { "Nothing was done.\n".to_owned() } else { table.render() };
    let end = if outcome.proven { "All is proven.\n" } else { "" };
    done + &rest(&outcome.beyond, &outcome.for_a_person, &outcome.waiting) + end
}

fn force(act: &Act) -> String {
    format!("{} {}", act.force.number(), act.force)
}

fn acts(title: &str, acts: &[Act]) -> String {
    if acts.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["FORCE", "TARGET", "WHY"]);
    for act in acts {
        let others = match act.sakes.len() {
            0 | 1 => String::new(),
            many => format!("; and {} more", many - 1),
        };
        table.row([force(act), act.target.clone(), format!("{}{others}", act.why)]);
    }
    format!("{title}\n{}", table.render())
}

fn rest(beyond: &[Act], for_a_person: &[Left], waiting: &[Waiting]) -> String {
    let mut text = acts("Would help, and is not allowed (--max-force, --interrupt):", beyond);
    if !for_a_person.is_empty() {
        let mut table = Table::new(["OBJECT", "WHY", "WHAT TO DO"]);
        for left in for_a_person {
            table.row([left.target.clone(), left.why.clone(), left.act.clone()]);
        }
        text.push_str("A person must act:\n");
        text.push_str(&table.render());
    }
    if !waiting.is_empty() {
        let mut table = Table::new(["OBJECT", "WHY"]);
        for waiting in waiting.iter().take(NAMED) {
            table.row([waiting.target.clone(), waiting.why.clone()]);
        }
        text.push_str("Not ready, and not stuck yet:\n");
        text.push_str(&table.render());
        if waiting.len() > NAMED {
            text.push_str(&format!("and {} more\n", waiting.len() - NAMED));
        }
    }
    text
}
