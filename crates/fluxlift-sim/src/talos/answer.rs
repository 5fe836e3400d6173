//! Rebooting and resetting.

use fluxlift_talos::proto::machine::{Reboot, RebootResponse, Reset, ResetRequest, ResetResponse};
use fluxlift_talos::proto::resource::Stage;
use prost::Message;
use tonic::Code;

use super::dispatch::Call;
use super::grpc::{Answer, Refusal};
use super::timing::{HANG_UP, RESET};
use super::wake::{Next, after};
use super::{Machine, etcd};
use crate::World;

/// The machine, unless another act is under way.
pub(super) fn idle(world: &mut World, vmid: u32) -> Result<&mut Machine, Refusal> {
    let gone = Refusal::new(Code::Unavailable, "the machine is gone");
    let machine = world.talos.machines.get_mut(&vmid).ok_or(gone)?;
    if machine.busy {
        return Err(Refusal::new(Code::FailedPrecondition, "another sequence is in progress"));
    }
    Ok(machine)
}

/// The request's message.
pub(super) fn decoded<M: Message + Default>(call: &Call<'_>) -> Result<M, Refusal> {
    M::decode(call.body).map_err(|_| Refusal::new(Code::Internal, "the request is not readable"))
}

pub(super) fn reboot(world: &mut World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let machine = idle(world, vmid)?;
    machine.busy = true;
    machine.stage = Stage::Rebooting;
    after(world, vmid, HANG_UP, Next::Reboot);
    let message = Reboot { metadata: call.metadata.clone(), actor_id: String::new() };
    Ok(Answer::one(&RebootResponse { messages: vec![message] }))
}

pub(super) fn reset(world: &mut World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let request: ResetRequest = decoded(call)?;
    let machine = idle(world, vmid)?;
    machine.busy = true;
    machine.stage = Stage::Resetting;
    if request.graceful {
        etcd::leave(world, vmid);
    }
    after(world, vmid, RESET, Next::Wiped);
    let message = Reset { metadata: call.metadata.clone(), actor_id: String::new() };
    Ok(Answer::one(&ResetResponse { messages: vec![message] }))
}
