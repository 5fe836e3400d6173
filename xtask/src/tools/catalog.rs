//! The tools that the lab knows, and how each is built.

/// Where a tool's binary may come from besides our cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Of the control plane: `KUBEBUILDER_ASSETS` may bring it.
    ControlPlane,
    /// Of Flux, or a client.
    Other,
}

/// A folder below `e2e/tools`: one pinned Go module, and the binaries built from it.
#[derive(Debug)]
pub(super) struct Recipe {
    /// The folder's name.
    pub(super) folder: &'static str,
    /// The module whose version is the tools' version.
    pub(super) module: &'static str,
    /// What the linker sets beside `-s -w`; `{version}`, `{major}` and `{minor}` stand for the pinned version.
    pub(super) ldflags: &'static str,
    /// Binaries, in the order in which they are worth having.
    pub(super) binaries: &'static [Binary],
    pub(super) part: Part,
    /// Built only when asked for by name.
    pub(super) on_demand: bool,
    /// For a module that embeds files which it does not publish.
    pub(super) vendored: Option<Vendored>,
}

/// One program.
#[derive(Debug)]
pub(super) struct Binary {
    pub(super) name: &'static str,
    pub(super) package: &'static str,
}

/// A module that builds only from a vendor folder in which something was put right.
#[derive(Debug)]
pub(super) struct Vendored {
    /// A file, relative to the module, that the build embeds and the published module lacks. An empty one will do.
    pub(super) placeholder: &'static str,
    /// A folder of the module that its program reads at run time; a writable copy is kept beside the binary.
    pub(super) folder: &'static str,
    /// The name of that copy.
    pub(super) copy: &'static str,
}

const fn plain(folder: &'static str, module: &'static str, binaries: &'static [Binary]) -> Recipe {
    Recipe { folder, module, ldflags: "", binaries, part: Part::Other, on_demand: false, vendored: None }
}

const fn binary(name: &'static str, package: &'static str) -> Binary {
    Binary { name, package }
}

/// Every recipe, in the order in which a run needs its tools.
pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        part: Part::ControlPlane,
        ..plain("etcd", "go.etcd.io/etcd/server/v3", &[binary("etcd", "go.etcd.io/etcd/server/v3")])
    },
    Recipe {
        part: Part::ControlPlane,
        ldflags: "-X k8s.io/component-base/version.gitVersion={version} \
                  -X k8s.io/component-base/version.gitMajor={major} -X k8s.io/component-base/version.gitMinor={minor}",
        ..plain(
            "kubernetes",
            "k8s.io/kubernetes",
            &[
                binary("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
                binary("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
                binary("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
                binary("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
            ],
        )
    },
    plain(
        "helm-controller",
        "github.com/fluxcd/helm-controller",
        &[binary("helm-controller", "github.com/fluxcd/helm-controller")],
    ),
    plain(
        "source-controller",
        "github.com/fluxcd/source-controller",
        &[binary("source-controller", "github.com/fluxcd/source-controller")],
    ),
    plain(
        "kustomize-controller",
        "github.com/fluxcd/kustomize-controller",
        &[binary("kustomize-controller", "github.com/fluxcd/kustomize-controller")],
    ),
    Recipe {
        ldflags: "-X main.VERSION={version}",
        vendored: Some(Vendored { placeholder: "web/dist/index.html", folder: "config", copy: "flux-operator-config" }),
        ..plain(
            "flux-operator",
            "github.com/controlplaneio-fluxcd/flux-operator",
            &[binary("flux-operator", "github.com/controlplaneio-fluxcd/flux-operator/cmd/operator")],
        )
    },
    plain(
        "notification-controller",
        "github.com/fluxcd/notification-controller",
        &[binary("notification-controller", "github.com/fluxcd/notification-controller")],
    ),
    Recipe {
        ldflags: "-X helm.sh/helm/v4/internal/version.version={version}",
        ..plain("helm", "helm.sh/helm/v4", &[binary("helm", "helm.sh/helm/v4/cmd/helm")])
    },
    Recipe {
        on_demand: true,
        ..plain(
            "image-reflector-controller",
            "github.com/fluxcd/image-reflector-controller",
            &[binary("image-reflector-controller", "github.com/fluxcd/image-reflector-controller")],
        )
    },
    Recipe {
        on_demand: true,
        ..plain(
            "image-automation-controller",
            "github.com/fluxcd/image-automation-controller",
            &[binary("image-automation-controller", "github.com/fluxcd/image-automation-controller")],
        )
    },
    Recipe {
        on_demand: true,
        ldflags: "-X github.com/opentofu/opentofu/version.dev=no",
        ..plain("tofu", "github.com/opentofu/opentofu", &[binary("tofu", "github.com/opentofu/opentofu/cmd/tofu")])
    },
    Recipe {
        on_demand: true,
        ldflags: "-X github.com/gruntwork-io/terragrunt/internal/version.Version={version}",
        ..plain(
            "terragrunt",
            "github.com/gruntwork-io/terragrunt",
            &[binary("terragrunt", "github.com/gruntwork-io/terragrunt")],
        )
    },
    Recipe {
        on_demand: true,
        ..plain(
            "talosctl",
            "github.com/siderolabs/talos",
            &[binary("talosctl", "github.com/siderolabs/talos/cmd/talosctl")],
        )
    },
];
