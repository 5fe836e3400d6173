//! A virtual machine: what it should be, what the server says it is, and how the two differ in meaning.
//!
//! The server normalises what it is given (memory as text, tags sorted, a volume's name for `storage:40`) and fills in
//! what is left out (MAC addresses, UUIDs). So a machine is never compared as text: [`differences`] compares meaning.

pub mod calls;
pub mod difference;
pub mod mac;
pub mod parameters;
pub mod property;
pub mod readback;
pub mod signature;
pub mod spec;
pub mod tags;

pub use difference::{Difference, Mend, differences};
pub use mac::{MacAddress, MacError};
pub use property::PropertyString;
pub use readback::VmConfig;
pub use signature::Signature;
pub use spec::{Disk, IpConfig, Media, Nic, PciDevice, UsbDevice, VmSpec};
pub use tags::Tags;
