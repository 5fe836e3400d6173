//! Whether the API server answers, calls itself ready, and what time it thinks it is.

use fluxlift_core::Timestamp;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::fmt::rfc2822;
use kube::client::Body;

use crate::Cluster;
use crate::cluster::{REQUEST_LIMIT, unbuildable};
use crate::error::RequestError;

/// One answer of the API server about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// What `/readyz` answers with.
    pub status: StatusCode,
    /// The checks that it says fail, such as `etcd`; empty where it is ready, or does not say.
    pub failing: Vec<String>,
    /// Its time, to the second, where it tells.
    pub date: Option<Timestamp>,
    /// Our time half-way between question and answer.
    pub at: Timestamp,
}

impl Pulse {
    /// Whether it calls itself ready.
    pub fn is_ready(&self) -> bool {
        self.status.is_success()
    }
}

impl Cluster {
    /// Asks the API server how it is. An answer that says "not ready" is no error.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn pulse(&self) -> Result<Pulse, RequestError> {
        let doing = "get /readyz";
        let request = Request::get("/readyz?verbose").body(Body::empty()).map_err(|e| unbuildable(doing, e))?;
        let asked = self.clock().now();
        let answered = async {
            let answer = self.inner.client.send(request).await?;
            let (head, body) = answer.into_parts();
            let text = body.collect().await?.to_bytes();
            Ok((head.status, head.headers, text))
        };
        let answered = tokio::time::timeout(REQUEST_LIMIT, answered).await.map_err(|_| self.silent(doing))?;
        let (status, headers, text) = answered.map_err(|error| self.failed(doing, error))?;
        let now = self.clock().now();
        let at = asked.checked_add(now.duration_since(asked) / 2).unwrap_or(now);
        let failing = if status.is_success() { Vec::new() } else { failing(&String::from_utf8_lossy(&text)) };
        Ok(Pulse { status, failing, date: date(&headers), at })
    }
}

/// The names in lines such as `[-]etcd failed: reason withheld`.
fn failing(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("[-]"));
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_that_fail_are_named() {
        let text = "[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nreadyz check failed\n";
        assert_eq!(failing(text), ["etcd"]);
    }

    #[test]
    fn the_date_of_an_answer_is_read_and_a_broken_one_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, "Mon, 23 Nov 2026 22:28:13 GMT".parse().unwrap());
        assert_eq!(date(&headers), "2026-11-23T22:28:13Z".parse().ok());
        headers.insert(header::DATE, "soon".parse().unwrap());
        assert_eq!(date(&headers), None);
    }
}
