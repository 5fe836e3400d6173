//! Starting the four programs, in the order in which they need each other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::Client;
use rand::distributions::{Alphanumeric, DistString as _};
use rustix::process::Signal;

use super::certificates::Certificates;
use super::kubeconfig::kubeconfig;
use crate::link::Link;
use crate::patience::{Seen, until};
use crate::process::{Launch, Program};
use crate::subnet::Subnet;
use crate::{LabError, Tools, audit};

/// How long the API server may take to be ready.
const READY: Duration = Duration::from_secs(90);

/// A control plane that runs.
pub struct ControlPlane {
    programs: Vec<Program>,
    /// The authority and what it signed.
    pub certificates: Certificates,
    /// The stretch between the kubeconfig's user and the API server.
    pub link: Link,
    /// The API server itself, which no fault reaches.
    pub direct: SocketAddr,
    /// Where etcd answers.
    pub etcd: SocketAddr,
    /// The kubeconfig of an administrator, for those who are judged; it goes over [`Self::link`].
    pub kubeconfig: PathBuf,
    /// Where the API server writes down what is asked with that kubeconfig: see [`crate::audit`].
    pub requests: PathBuf,
    client: Client,
}

/// What each program is told.
struct Site<'a> {
    tools: &'a Tools,
    folder: &'a Path,
    token: String,
}

impl ControlPlane {
    /// Starts it and waits until `/readyz` says so.
    ///
    /// # Errors
    /// When a program ends or is not ready in time.
    pub async fn start(tools: &Tools, folder: &Path, subnet: &Subnet) -> Result<Self, LabError> {
        let certificates = Certificates::make(folder, &[subnet.host(1), subnet.host(2)])?;
        let token = || Alphanumeric.sample_string(&mut rand::thread_rng(), 32);
        let site = Site { tools, folder, token: token() };
        let (etcd, direct) = (subnet.socket(3, 2379), subnet.socket(2, 6443));
        let link = Link::between(subnet.socket(1, 6443), direct).await?;
        // Two administrators: what the lab itself asks is not what is asked by those whom it judges.
        let judged = token();
        let admin = site.write("kubeconfig", &kubeconfig(&https(link.address()), &certificates.ca_text, &judged))?;
        let inner = site.write("inner", &kubeconfig(&https(direct), &certificates.ca_text, &site.token))?;
        let users = [(&site.token, "lab-admin"), (&judged, audit::USER)];
        let tokens = users.map(|(token, user)| format!("{token},{user},{user},\"system:masters\"\n")).concat();
        let tokens = site.write("users.csv", &tokens)?;
        let (policy, requests) =
            (site.write("audit-policy", &audit::policy().to_string())?, folder.join("requests.log"));

        let mut api_server = api_server_arguments(subnet, etcd, &certificates, &tokens);
        api_server.extend([flag("audit-policy-file", &policy), flag("audit-log-path", &requests)]);
        let mut programs = vec![
            site.launch("etcd", etcd_arguments(folder, subnet)).start()?,
            site.launch("kube-apiserver", api_server).start()?,
        ];
        let client = client(direct, &certificates.ca_text, &site.token)?;
        until("kube-apiserver /readyz", READY, async || match ready(&client, &mut programs).await {
            Ok(()) => Seen::There(()),
            Err(error) => Seen::NotYet(error.chain()),
        })
        .await
        .map_err(|error| programs.iter_mut().find_map(|program| program.must_run().err()).unwrap_or(error))?;
        let common = ["--leader-elect=false".to_owned(), "--secure-port=0".to_owned(), flag("kubeconfig", &inner)];
        let mut manager = common.to_vec();
        manager.push("--controllers=*,-nodeipam,-cloud-node-lifecycle-controller".to_owned());
        manager.push(flag("root-ca-file", &certificates.ca));
        programs.push(site.launch("kube-controller-manager", manager).start()?);
        programs.push(site.launch("kube-scheduler", common.to_vec()).start()?);
        Ok(Self { programs, certificates, link, direct, etcd, kubeconfig: admin, requests, client })
    }

    /// A client that no fault reaches.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Sends a signal to the program called `name`.
    pub fn signal(&self, name: &str, signal: Signal) {
        self.programs.iter().filter(|program| program.name() == name).for_each(|program| program.signal(signal));
    }

    /// An error if one of the programs has ended.
    ///
    /// # Errors
    /// When one has.
    pub fn must_run(&mut self) -> Result<(), LabError> {
        self.programs.iter_mut().try_for_each(Program::must_run)
    }
}

impl Site<'_> {
    fn write(&self, name: &str, text: &str) -> Result<PathBuf, LabError> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(LabError::io(format!("write {}", path.display())))?;
        Ok(path)
    }

    fn launch(&self, name: &str, arguments: Vec<String>) -> Launch {
        Launch {
            name: name.to_owned(),
            binary: self.tools.must(name),
            arguments,
            environment: [("HOME".to_owned(), self.folder.display().to_string())].into(),
            log: self.folder.join(format!("{name}.log")),
            inside: None,
        }
    }
}

async fn ready(client: &Client, programs: &mut [Program]) -> Result<(), LabError> {
    programs.iter_mut().try_for_each(Program::must_run)?;
    let request = http::Request::get("/readyz").body(Vec::new());
    let request = request.map_err(|error| LabError::Unexpected(error.to_string()))?;
    client.request_text(request).await.map_err(LabError::kube("get /readyz"))?;
    Ok(())
}

fn client(address: SocketAddr, ca: &str, token: &str) -> Result<Client, LabError> {
    let unexpected = |error: &dyn std::fmt::Display| LabError::Unexpected(error.to_string());
    let url = https(address).parse().map_err(|error| unexpected(&error))?;
    let mut config = kube::Config::new(url);
    let ca = pem::parse(ca).map_err(|error| unexpected(&error))?;
    config.root_cert = Some(vec![ca.into_contents()]);
    config.auth_info.token = Some(token.to_owned().into());
    Client::try_from(config).map_err(LabError::kube("make a client"))
}

fn https(address: SocketAddr) -> String {
    format!("https://{address}")
}

fn flag(name: &str, value: &Path) -> String {
    format!("--{name}={}", value.display())
}

fn etcd_arguments(folder: &Path, subnet: &Subnet) -> Vec<String> {
    let (clients, peers) = (subnet.socket(3, 2379), subnet.socket(3, 2380));
    vec![
        flag("data-dir", &folder.join("etcd")),
        format!("--listen-client-urls=http://{clients}"),
        format!("--advertise-client-urls=http://{clients}"),
        format!("--listen-peer-urls=http://{peers}"),
        format!("--initial-advertise-peer-urls=http://{peers}"),
        format!("--initial-cluster=default=http://{peers}"),
        // Nobody needs this data after a crash.
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
    ]
}

fn api_server_arguments(subnet: &Subnet, etcd: SocketAddr, tls: &Certificates, tokens: &Path) -> Vec<String> {
    vec![
        format!("--etcd-servers=http://{etcd}"),
        // Every revision stays, as text.
        "--etcd-compaction-interval=0".to_owned(),
        "--storage-media-type=application/json".to_owned(),
        format!("--bind-address={}", subnet.host(2)),
        format!("--advertise-address={}", subnet.host(2)),
        "--secure-port=6443".to_owned(),
        // Endpoints may not be loopback addresses.
        "--endpoint-reconciler-type=none".to_owned(),
        flag("tls-cert-file", &tls.server),
        flag("tls-private-key-file", &tls.server_key),
        flag("service-account-key-file", &tls.tokens),
        flag("service-account-signing-key-file", &tls.tokens_key),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        flag("token-auth-file", tokens),
        "--authorization-mode=RBAC".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--allow-privileged=true".to_owned(),
    ]
}

impl std::fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlPlane").field("direct", &self.direct).finish_non_exhaustive()
    }
}
