//! From a container to a host process: which program, with which arguments and environment.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::{Container, Pod};

use super::files::PodFolder;
use crate::control_plane::SERVER_NAME;

/// The operator: the only one that runs by kubeconfig and without an election, because inside a cluster it insists on its
/// container's own system.
pub(super) const FLUX_OPERATOR: &str = "flux-operator";

/// The tools pin an older one than Flux 2.9 brings, because newer ones cannot be built: it refuses the gates of newer ones.
const OLDER: &str = "notification-controller";

/// The program that an image stands for: the last part of its name.
pub(super) fn component(container: &Container) -> &str {
    let image = container.image.as_deref().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split(['@', ':']).next().unwrap_or_default()
}

/// The environment: what the Pod says, and what every program in a cluster finds.
pub(super) fn environment(pod: &Pod, container: &Container, folder: &PodFolder, port: u16) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::from([
        ("TMPDIR".to_owned(), folder.temporary().display().to_string()),
        ("HOME".to_owned(), folder.temporary().display().to_string()),
    ]);
    if component(container) == FLUX_OPERATOR {
        environment.insert("KUBECONFIG".to_owned(), folder.kubeconfig().display().to_string());
        environment.insert("GODEBUG".to_owned(), "fips140=on".to_owned());
    } else {
        environment.insert("KUBERNETES_SERVICE_HOST".to_owned(), SERVER_NAME.to_owned());
        environment.insert("KUBERNETES_SERVICE_PORT".to_owned(), port.to_string());
    }
    for variable in container.env.iter().flatten() {
        let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref());
        // Limits of memory and CPU are not the lab's concern, nor are the Secrets of others.
        let value = match field.map(|field| field.field_path.as_str()) {
            Some("metadata.namespace") => pod.metadata.namespace.clone(),
            Some("metadata.name") => pod.metadata.name.clone(),
            _ => variable.value.clone(),
        };
        if let Some(value) = value {
            environment.insert(variable.name.clone(), expand(&value, &environment));
        }
    }
    environment
}

/// The arguments: the Pod's own, and after them, because the last one counts, those that put the program on its address.
pub(super) fn arguments(
    container: &Container,
    environment: &BTreeMap<String, String>,
    address: Ipv4Addr,
    folder: &PodFolder,
) -> Vec<String> {
    let component = component(container);
    let of_pod = container.command.iter().flatten().skip(1).chain(container.args.iter().flatten());
    let known = of_pod.filter(|argument| component != OLDER || !argument.starts_with("--feature-gates="));
    let mut arguments: Vec<String> = known.map(|argument| expand(argument, environment)).collect();
    let data = folder.data().display().to_string();
    let ours = match component {
        FLUX_OPERATOR => vec![
            format!("--metrics-addr={address}:8080"),
            format!("--health-addr={address}:8081"),
            format!("--storage-path={data}"),
            "--enable-leader-election=false".to_owned(),
            "--web-server-port=0".to_owned(),
        ],
        _ => {
            let mut ours = vec![format!("--metrics-addr={address}:8080"), format!("--health-addr={address}:9440")];
            if component == "source-controller" {
                ours.push(format!("--storage-addr={address}:9090"));
                ours.push(format!("--storage-path={data}"));
            }
            if component == "image-reflector-controller" {
                ours.push(format!("--storage-path={data}"));
            }
            if component == "notification-controller" {
                ours.push(format!("--events-addr={address}:9090"));
                ours.push(format!("--receiverAddr={address}:9292"));
            }
            ours
        }
    };
    arguments.extend(ours);
    arguments
}

/// Replaces `$(NAME)` by the variable's value, as a kubelet does; an unknown name stays.
fn expand(text: &str, environment: &BTreeMap<String, String>) -> String {
    environment.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container() -> Container {
        Container {
            image: Some("ghcr.io/fluxcd/source-controller:v1.9.4@sha256:00".to_owned()),
            args: Some(vec!["--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.".to_owned()]),
            ..Container::default()
        }
    }

    #[test]
    fn an_image_names_its_program_whatever_registry_and_tag() {
        assert_eq!(component(&container()), "source-controller");
    }

    #[test]
    fn the_address_of_the_pod_comes_after_what_the_pod_says() {
        let folder = tempfile::tempdir().unwrap();
        let folder = PodFolder::make(folder.path(), "pod").unwrap();
        let environment = BTreeMap::from([("RUNTIME_NAMESPACE".to_owned(), "flux-system".to_owned())]);
        let arguments = arguments(&container(), &environment, Ipv4Addr::new(127, 1, 2, 3), &folder);
        assert_eq!(arguments[0], "--storage-adv-addr=source-controller.flux-system.svc.cluster.local.");
        assert!(arguments.contains(&"--storage-addr=127.1.2.3:9090".to_owned()), "{arguments:?}");
    }
}
