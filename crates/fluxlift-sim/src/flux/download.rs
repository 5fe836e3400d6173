//! Downloading an artifact as helm- and kustomize-controller do: with retries that keep a worker busy.

use jiff::SignedDuration;

use super::storage::{self, Answer, Stored};
use crate::controllers::Pass;

/// How often a download is tried again (`--http-retry`).
const RETRIES: u32 = 9;

/// What a try to download ended with.
#[derive(Debug)]
pub enum Download {
    /// The artifact is here.
    Done(Stored),
    /// source-controller answered that there is no such artifact: HTTP 404, which is not tried again.
    NotFound,
    /// The way is broken; try again after so long. The worker stays busy: together up to 8.6 minutes.
    Later(SignedDuration),
    /// The way stayed broken; the client's words.
    Broken(String),
}

/// Tries to download `url`, after `tries` that failed.
pub fn attempt(pass: &Pass<'_>, url: &str, tries: u32) -> Download {
    let answer = storage::fetch(pass.world, url);
    match answer {
        Answer::Found(stored) => Download::Done(stored),
        Answer::NotFound => Download::NotFound,
        _ if tries >= RETRIES => Download::Broken(answer.error(url)),
        _ => {
            let pause = SignedDuration::from_secs((5_i64 << tries.min(3)).min(30));
            // Packets that vanish cost the dialler's own timeout besides.
            let dial = if answer == Answer::Silence { 30 } else { 0 };
            Download::Later(pause + SignedDuration::from_secs(dial))
        }
    }
}
