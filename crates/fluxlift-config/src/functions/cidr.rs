//! Addresses and prefixes, of both families.

use std::net::IpAddr;

use fluxlift_core::Value;

use super::registry::{ANY, Function};
use super::{Args, CallError, CallResult};

pub(super) const TABLE: &[Function] = &[
    Function::new("cidrhost", 2, 2, |_, a| {
        let prefix = Prefix::read(Args(a), 0)?;
        let number = Args(a).whole(1)?;
        let last = prefix.last_host();
        // A negative number counts from the end: -1 is the last one.
        let host = u128::try_from(number).ok().or_else(|| last.checked_sub(u128::from(number.unsigned_abs()) - 1));
        match host.filter(|host| *host <= last) {
            Some(host) => Ok(prefix.address(prefix.bits | host).to_string().into()),
            None => Err(CallError::argument(1, "the prefix has no such host").safe()),
        }
    }),
    Function::new("cidrnetmask", 1, 1, |_, a| {
        let prefix = Prefix::read(Args(a), 0)?;
        if prefix.width != 32 {
            return Err(CallError::argument(0, "only an IPv4 prefix has a netmask").safe());
        }
        Ok(prefix.address(prefix.mask()).to_string().into())
    }),
    Function::new("cidrsubnet", 3, 3, |_, a| {
        let (bits, number) = (Args(a).whole(1)?, Args(a).whole(2)?);
        let prefix = Prefix::read(Args(a), 0)?;
        prefix.subnet(bits, u128::try_from(number).unwrap_or(u128::MAX)).map(|subnet| subnet.to_string().into())
    }),
    Function::new("cidrsubnets", 1, ANY, |_, a| {
        let prefix = Prefix::read(Args(a), 0)?;
        // None once the last address there is was given away.
        let mut next = Some(prefix.bits);
        let mut subnets = Vec::new();
        for i in 1..a.len() {
            let subnet = prefix.subnet(Args(a).whole(i)?, 0)?;
            let last = subnet.last_host();
            let start = next.and_then(|next| Some(next.checked_add(last)? & !last));
            let Some(start) = start.filter(|start| (start | last) <= (prefix.bits | prefix.last_host())) else {
                return Err(CallError::argument(i, "the prefix has no room left for it").safe());
            };
            next = (start | last).checked_add(1);
            subnets.push(Prefix { bits: start, ..subnet }.to_string().into());
        }
        Ok(Value::List(subnets))
    }),
];

#[derive(Clone, Copy)]
struct Prefix {
    bits: u128,
    length: u32,
    /// 32 or 128.
    width: u32,
}

impl Prefix {
    fn read(args: Args<'_>, i: usize) -> CallResult<Self> {
        let text = args.text(i)?;
        let parsed = text.split_once('/').and_then(|(address, length)| {
            let address: IpAddr = address.parse().ok()?;
            let (bits, width) = match address {
                IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
                IpAddr::V6(v6) => (u128::from(v6), 128),
            };
            let length = length.parse().ok().filter(|length| *length <= width)?;
            let prefix = Self { bits, length, width };
            Some(Self { bits: bits & prefix.mask(), ..prefix })
        });
        parsed.ok_or_else(|| CallError::argument(i, "it is not a prefix such as 10.0.0.0/16").safe())
    }

    /// The number of its last address. How many it has would not fit for the whole of IPv6.
    fn last_host(self) -> u128 {
        u128::MAX.checked_shr(128 - (self.width - self.length)).unwrap_or(0)
    }

    fn mask(self) -> u128 {
        let all = if self.width == 32 { u128::from(u32::MAX) } else { u128::MAX };
        all & !self.last_host()
    }

    fn subnet(self, more: i64, number: u128) -> CallResult<Self> {
        let length = u32::try_from(more).ok().and_then(|more| self.length.checked_add(more));
        let length = length.filter(|length| *length <= self.width);
        let length = length.ok_or_else(|| CallError::argument(1, "the prefix has not so many bits left").safe())?;
        let room = length - self.length;
        if room < 128 && number >= 1u128 << room {
            return Err(CallError::argument(2, format!("{room} more bits do not hold this number")).safe());
        }
        let bits = self.bits | number.checked_shl(self.width - length).unwrap_or(0);
        Ok(Self { bits, length, ..self })
    }

    fn address(self, bits: u128) -> IpAddr {
        if self.width == 32 { IpAddr::V4((bits as u32).into()) } else { IpAddr::V6(bits.into()) }
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address(self.bits), self.length)
    }
}
