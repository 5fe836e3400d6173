//! The checks, one a file: from what was seen to what is wrong with it. None of them does any I/O.

mod age_key;
mod api;
mod canaries;
mod certificate;
mod clock;
mod definitions;
mod dns;
mod held;
mod instance;
mod leaders;
mod leftovers;
mod lock;
mod nodes;
mod operator;
mod pressure;
mod queues;
mod rescued;
mod sources;
mod versions;
mod webhooks;

use super::{Exam, Judged, Read};

type Check = (&'static str, fn(&Exam) -> Read<Judged>);

/// All checks in the order in which their findings are worth reading: what is below comes before what stands on it.
pub(super) const ALL: &[Check] = &[
    ("certificate", |exam| Ok(certificate::judge(exam))),
    ("api", |exam| Ok(api::judge(&exam.api))),
    ("clock", |exam| clock::judge(&exam.api)),
    ("nodes", |exam| nodes::judge(&exam.nodes)),
    ("pressure", |exam| pressure::judge(&exam.nodes)),
    ("dns", |exam| dns::judge(&exam.dns, &exam.kustomizations)),
    ("webhooks", |exam| webhooks::judge(&exam.webhooks, exam.at)),
    ("operator", |exam| operator::judge(&exam.controllers, &exam.instance)),
    ("definitions", |exam| definitions::judge(&exam.definitions, &exam.instance)),
    ("versions", |exam| versions::judge(&exam.kubernetes, &exam.nodes, &exam.controllers, &exam.instance)),
    ("instance", |exam| instance::judge(&exam.instance)),
    ("leaders", |exam| leaders::judge(&exam.controllers, &exam.instance, &exam.api)),
    ("queues", |exam| queues::judge(&exam.controllers, &exam.metrics)),
    ("sources", |exam| sources::judge(&exam.sources, &exam.controllers)),
    ("leftovers", |exam| leftovers::judge(&exam.sources, &exam.kustomizations, &exam.controllers, &exam.instance)),
    ("age-key", |exam| age_key::judge(&exam.age_keys, exam.recipients.as_ref())),
    ("restores", |exam| held::judge(&exam.restored)),
    ("rescues", |exam| rescued::judge(&exam.rescued)),
    ("canaries", |exam| canaries::judge(&exam.canaries)),
    ("lock", |exam| lock::judge(&exam.lock)),
];

/// The names of the checks.
pub const NAMES: [&str; ALL.len()] = {
    let mut names = [""; ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = ALL[at].0;
        at += 1;
    }
    names
};
