//! Who a request comes from: tickets and tokens.

use fluxlift_core::Timestamp;
use fluxlift_sim::proxmox::auth::{Caller, PASSWORD, TOKEN, TOKEN_ID, caller, log_in};
use http::{HeaderMap, Method, header};

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect()
}

const TWO_HOURS: i64 = 2 * 60 * 60;

#[test]
fn a_ticket_is_good_for_two_hours_and_writes_need_its_csrf_token() {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let login = [("username", "root@pam"), ("password", PASSWORD)].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let granted = log_in(&login.into(), now).unwrap();
    let cookie = format!("PVEAuthCookie={}", granted["ticket"].as_str().unwrap());
    let read = headers(&[("cookie", &cookie)]);
    assert_eq!(caller(&Method::GET, &read, now), Ok(Caller::Root));
    assert_eq!(caller(&Method::POST, &read, now).unwrap_err().message, "Permission denied - invalid csrf token");
    let csrf = granted["CSRFPreventionToken"].as_str().unwrap();
    let write = headers(&[("cookie", &cookie), ("csrfpreventiontoken", csrf)]);
    assert_eq!(caller(&Method::POST, &write, now), Ok(Caller::Root));
    let later = Timestamp::from_second(1_800_000_000 + TWO_HOURS).unwrap();
    assert_eq!(caller(&Method::GET, &read, later).unwrap_err().message, "permission denied - invalid PVE ticket");
}

#[test]
fn a_token_is_known_by_its_name_and_its_secret() {
    let now = Timestamp::UNIX_EPOCH;
    let shown =
        |token: &str| caller(&Method::POST, &headers(&[("authorization", &format!("PVEAPIToken={token}"))]), now);
    assert_eq!(shown(&format!("{TOKEN_ID}={TOKEN}")), Ok(Caller::Token));
    assert_eq!(shown(&format!("{TOKEN_ID}=guess")).unwrap_err().message, "invalid token value!");
    assert_eq!(shown("root@pam!other=x").unwrap_err().message, "no such token 'other' for user 'root@pam'");
}
