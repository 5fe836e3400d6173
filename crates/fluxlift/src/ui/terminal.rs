//! Lines outside a run: notes, warnings, questions.

use std::io::{BufRead, IsTerminal, Write};

use super::style::{BUSY, CAREFUL, paint};

/// Whether a person can be asked: stdin and stderr are terminals.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A finished line outside a run: a twelve-column verb and what was done.
pub fn note(verb: &str, what: &str) {
    to_stderr(&format!("{}  {what}", paint(BUSY, &format!("{verb:>12}"))));
}

/// A text that a person reads before being asked something.
pub fn progress(text: &str) {
    to_stderr(text.trim_end());
}

/// A warning outside a run.
pub fn warning(message: &str) {
    to_stderr(&format!("{}  {message}", paint(CAREFUL, &format!("{:>12}", "Warning"))));
}

/// Asks a question; only the word `yes` is a yes.
pub fn ask(question: &str) -> bool {
    let mut err = anstream::stderr();
    // Without a terminal to write to there is nobody to say yes.
    if write!(err, "{question} Only 'yes' is accepted: ").and_then(|()| err.flush()).is_err() {
        return false;
    }
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

pub(super) fn to_stderr(line: &str) {
    // A reader that went away is not an error of ours.
    let _ = writeln!(anstream::stderr(), "{line}");
}
