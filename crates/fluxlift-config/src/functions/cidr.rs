//! Addresses and prefixes, of both families.

use std::net::IpAddr;

use fluxlift_core::Value;

use super::registry::{ANY, Function};
use super::{Args, CallError, CallResult};

pub(super) const TABLE: &[Function] = &[
    Function::new("cidrhost", 2, 2, |_, a| {
        let prefix = Prefix::read(Args(a), 0)?;
        let number = Args(a).whole(1)?;
        let room = prefix.width - prefix.length;
        let size = if room >= 127 { i128::MAX } else { 1i128 << room };
        let number = if number < 0 { size + i128::from(number) } else { i128::from(number) };
        if !(0..size).contains(&number) {
            return Err(CallError::argument(1, "the prefix has no such host").safe());
        }
        Ok(prefix.address(prefix.bits | u128::try_from(number).unwrap_or(0)).to_string().into())
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
        let mut next = prefix.bits;
        let mut subnets = Vec::new();
        for i in 1..a.len() {
            let subnet = prefix.subnet(Args(a).whole(i)?, 0)?;
            let size = subnet.size();
            let start = next.div_ceil(size) * size;
            if start & prefix.mask() != prefix.bits {
                return Err(CallError::argument(i, "the prefix has no room left for it").safe());
            }
            next = start + size;
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

    /// How many addresses it has, saturating.
    fn size(self) -> u128 {
        1u128.checked_shl(self.width - self.length).unwrap_or(u128::MAX)
    }

    fn mask(self) -> u128 {
        let all = if self.width == 32 { u128::from(u32::MAX) } else { u128::MAX };
        all & !(self.size().wrapping_sub(1))
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
