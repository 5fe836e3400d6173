//! One request to `git http-backend`, by the rules of CGI.

use std::path::Path;
use std::process::Stdio;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Answers `request` from the repositories in `root`.
pub(super) async fn answer(root: &Path, request: Request<Bytes>) -> Response<Bytes> {
    match run(root, &request).await {
        Ok(output) => parse(&output).unwrap_or_else(|| failure("git http-backend gave no headers")),
        Err(error) => failure(&format!("git http-backend: {error}")),
    }
}

async fn run(root: &Path, request: &Request<Bytes>) -> std::io::Result<Vec<u8>> {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", request.uri().path())
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", text("content-type"))
        // A chunked body has no length in its headers, but here it is whole.
        .env("CONTENT_LENGTH", request.body().len().to_string())
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"))
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = child.stdin.take();
    let body = request.body().clone();
    let feed = async move {
        if let Some(input) = input.as_mut() {
            // Git may have read as much as it wants.
            let _ = input.write_all(&body).await;
        }
        drop(input);
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    Ok(output?.stdout)
}

/// Splits what a CGI program wrote into headers and body.
fn parse(output: &[u8]) -> Option<Response<Bytes>> {
    let (end, gap) = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| Some((output.windows(gap.len()).position(|window| window == gap)?, gap.len())))
        .min()?;
    let mut response = Response::builder();
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        let (name, value) = line.split_once(':')?;
        response = if name.eq_ignore_ascii_case("status") {
            response.status(value.split_whitespace().next()?.parse::<u16>().ok()?)
        } else {
            response.header(name.trim(), value.trim())
        };
    }
    response.body(Bytes::copy_from_slice(&output[end + gap..])).ok()
}

fn failure(message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(message.to_owned()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_and_the_headers_of_a_cgi_answer_are_taken_over() {
        let answer = parse(b"Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno\n\nsuch").unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.headers()["content-type"], "text/plain");
        assert_eq!(answer.body().as_ref(), b"no\n\nsuch");
    }
}
