//! Whether this machine can carry a lab.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// How a program gets a view of files and a host name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// As root.
    Root,
    /// As root of a user namespace.
    UserNamespace,
}

impl Isolation {
    /// The arguments of `unshare`.
    pub(crate) const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Root => &["--mount", "--uts"],
            Self::UserNamespace => &["--user", "--map-root-user", "--mount", "--uts"],
        }
    }
}

/// What the machine allows. It is looked at once: two labs must not find each other's look in their way.
///
/// # Errors
/// The reason why it cannot carry a lab, for people.
pub fn isolation() -> Result<Isolation, String> {
    static SEEN: OnceLock<Result<Isolation, String>> = OnceLock::new();
    SEEN.get_or_init(look).clone()
}

fn look() -> Result<Isolation, String> {
    for name in ["unshare", "setpriv", "git"] {
        if !works(Command::new(name).arg("--version")) {
            return Err(format!("{name} is not installed"));
        }
    }
    // A Service listens on its own port 80, on a loopback address of its own.
    if std::net::TcpListener::bind("127.64.0.1:80").is_err() {
        return Err("port 80 of a loopback address cannot be listened on: it needs root, or \
                    net.ipv4.ip_unprivileged_port_start=80"
            .to_owned());
    }
    [Isolation::Root, Isolation::UserNamespace]
        .into_iter()
        .find(|isolation| works(Command::new("unshare").args(isolation.arguments()).arg("true")))
        .ok_or_else(|| "neither root nor user namespaces are to be had".to_owned())
}

fn works(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}
