//! Taking a configuration.

use fluxlift_talos::MachineConfig;
use fluxlift_talos::config::Role;
use fluxlift_talos::proto::machine::{
    ApplyConfiguration, ApplyConfigurationRequest, ApplyConfigurationResponse, ApplyMode,
};
use fluxlift_talos::yaml::Node;
use tonic::Code;

use super::Profile;
use super::answer::{decoded, idle};
use super::certificates::text;
use super::dispatch::Call;
use super::grpc::{Answer, Refusal};
use super::timing::HANG_UP;
use super::wake::{Next, after};
use crate::World;

/// Checks the configuration and puts it into effect.
pub(super) fn apply(world: &mut World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let request: ApplyConfigurationRequest = decoded(call)?;
    let mode = request.mode();
    let machine = idle(world, vmid)?;
    let (profile, maintenance, current) = (machine.profile(), machine.in_maintenance(), machine.config());
    let given = String::from_utf8(request.data).map_err(|_| invalid("the configuration is not text"))?;
    let config = checked(&given, profile)?;
    if mode == ApplyMode::Reboot && !maintenance && profile.refuses_reboot_mode() {
        return Err(Refusal::new(Code::Unimplemented, "apply with reboot is not supported"));
    }
    if maintenance && matches!(mode, ApplyMode::NoReboot | ApplyMode::Try) {
        return Err(invalid("a machine in maintenance can't take a configuration without a reboot"));
    }
    let reboot = maintenance
        || match mode {
            ApplyMode::Reboot => true,
            ApplyMode::Auto => current.as_ref().is_none_or(|current| needs_reboot(current, &config)),
            ApplyMode::NoReboot | ApplyMode::Staged | ApplyMode::Try => false,
        };
    let (chosen, details) = if reboot {
        (ApplyMode::Reboot, "Applied configuration with a reboot")
    } else if mode == ApplyMode::Staged {
        (ApplyMode::Staged, "Staged configuration to be applied after the next reboot")
    } else {
        (ApplyMode::NoReboot, "Applied configuration without a reboot")
    };
    if !request.dry_run {
        machine.disk.config = Some(given.into());
        if reboot {
            machine.busy = true;
            after(world, vmid, HANG_UP, if maintenance { Next::Install } else { Next::Reboot });
        }
    }
    let message = ApplyConfiguration {
        metadata: call.metadata.clone(),
        warnings: vec![],
        mode: chosen.into(),
        mode_details: details.to_owned(),
    };
    Ok(Answer::one(&ApplyConfigurationResponse { messages: vec![message] }))
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidArgument, why)
}

/// What Talos refuses to take.
fn checked(given: &str, profile: Profile) -> Result<MachineConfig, Refusal> {
    let config = MachineConfig::parse(given).map_err(|error| invalid(error.to_string()))?;
    let main = config.main().ok_or_else(|| invalid("the configuration has no main document"))?;
    for document in Node::documents(given).unwrap_or_default() {
        if let Some(kind) = document.text(&["kind"]).filter(|kind| !profile.knows_document(kind)) {
            return Err(invalid(format!("unknown document kind {kind}")));
        }
    }
    let role = config.role().ok_or_else(|| invalid("machine.type is neither controlplane nor worker"))?;
    let mut required: Vec<&[&str]> = vec![&["machine", "ca", "crt"], &["cluster", "ca", "crt"]];
    if role == Role::ControlPlane {
        required.extend([&["machine", "ca", "key"][..], &["cluster", "ca", "key"], &["cluster", "etcd", "ca", "key"]]);
    }
    for path in required {
        if text(&config, path).is_none_or(|pem| !pem.starts_with("-----BEGIN ")) {
            return Err(invalid(format!("{} is missing or not base64 of PEM", path.join("."))));
        }
    }
    for path in [&["machine", "token"][..], &["cluster", "id"], &["cluster", "controlPlane", "endpoint"]] {
        if main.text(path).is_none_or(str::is_empty) {
            return Err(invalid(format!("{} is missing", path.join("."))));
        }
    }
    Ok(config)
}

/// Identities and roles do not change under a running machine.
fn needs_reboot(current: &MachineConfig, new: &MachineConfig) -> bool {
    let fixed: [&[&str]; 4] = [&["machine", "type"], &["machine", "ca"], &["machine", "install"], &["cluster", "id"]];
    fixed.iter().any(|path| current.main().and_then(|m| m.at(path)) != new.main().and_then(|m| m.at(path)))
}
