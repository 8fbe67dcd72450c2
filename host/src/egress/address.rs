//! The address guard: which addresses of the internet a request may go to.
//!
//! Promises that every address that is not plainly a public unicast one is refused, and that an
//! IPv4 address hidden inside an IPv6 one is found and judged. Never resolves and never dials.
//! Ranges: the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its successors).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};

use self::Why::*;

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, RFC 4193, site-local).
    Private,
    /// The local link; here cloud machines keep their metadata.
    LinkLocal,
    /// A metadata service outside the link-local range.
    Metadata,
    /// A provider's own network behind its NAT (RFC 6598).
    CarrierNat,
    /// "This network", or no address at all.
    Unspecified,
    /// Many machines at once.
    Multicast,
    /// Every machine on the link.
    Broadcast,
    /// Made for examples in documents.
    Documentation,
    /// Made for measuring (RFC 2544, RFC 5180).
    Benchmarking,
    /// Kept back by IANA, or given a meaning of its own.
    Reserved,
    /// An IPv4 address inside an IPv6 one, which the network may unwrap anywhere: mapped,
    /// compatible, NAT64, 6to4, Teredo. Public systems do not answer under one of these.
    Embedded,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loopback => "a loopback address",
            Private => "a private address",
            LinkLocal => "a link-local address",
            Metadata => "the address of a metadata service",
            CarrierNat => "an address behind a carrier's nat",
            Unspecified => "no address of a machine",
            Multicast => "a multicast address",
            Broadcast => "the broadcast address",
            Documentation => "an address for documentation",
            Benchmarking => "an address for benchmarking",
            Reserved => "a reserved address",
            Embedded => "an ipv4 address inside an ipv6 one",
        })
    }
}

/// Whether a request may go to `ip`.
///
/// # Errors
/// The reason for which it may not. For an embedded IPv4 address, that address's own reason
/// if it has one.
pub fn is_public(ip: IpAddr) -> Result<(), Why> {
    match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => v6(ip),
    }
}

/// First address, length of the prefix in bits, reason. The first that holds decides.
const V4: &[(Ipv4Addr, u32, Why)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(100, 100, 100, 200), 32, Metadata),
    (Ipv4Addr::new(100, 64, 0, 0), 10, CarrierNat),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private),
    (Ipv4Addr::new(168, 63, 129, 16), 32, Metadata),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Documentation),
    (Ipv4Addr::new(192, 31, 196, 0), 24, Reserved),
    (Ipv4Addr::new(192, 52, 193, 0), 24, Reserved),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private),
    (Ipv4Addr::new(192, 175, 48, 0), 24, Reserved),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Multicast),
    (Ipv4Addr::new(255, 255, 255, 255), 32, Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved),
];

fn v4(ip: Ipv4Addr) -> Result<(), Why> {
    let bits = u32::from(ip);
    match V4.iter().find(|(net, len, _)| (bits ^ u32::from(*net)) >> (32 - len) == 0) {
        Some((.., why)) => Err(*why),
        None => Ok(()),
    }
}

const fn at(a: u16, b: u16, c: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
}

/// As [`V4`]. What is not within 2000::/3 is refused in any case; these say why.
const V6: &[(Ipv6Addr, u32, Why)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Loopback),
    (at(0x100, 0, 0), 64, Reserved),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, Metadata),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, Metadata),
    (at(0xfc00, 0, 0), 7, Private),
    (at(0xfe80, 0, 0), 10, LinkLocal),
    (at(0xfec0, 0, 0), 10, Private),
    (at(0xff00, 0, 0), 8, Multicast),
    (at(0x2001, 2, 0), 48, Benchmarking),
    (at(0x2001, 0xdb8, 0), 32, Documentation),
    // IETF protocol assignments, with ORCHID and its successor in it.
    (at(0x2001, 0, 0), 23, Reserved),
    (at(0x2620, 0x4f, 0x8000), 48, Reserved),
    (at(0x3fff, 0, 0), 20, Documentation),
    // 6bone, given back in 2006.
    (at(0x3ffe, 0, 0), 16, Reserved),
];

fn v6(ip: Ipv6Addr) -> Result<(), Why> {
    let bits = u128::from(ip);
    let within = |net: Ipv6Addr, len: u32| (bits ^ u128::from(net)) >> (128 - len) == 0;
    // `::` and `::1` look like embedded addresses and are not.
    if ip != Ipv6Addr::UNSPECIFIED
        && ip != Ipv6Addr::LOCALHOST
        && let Some(inside) = embedded(ip)
    {
        v4(inside)?;
        return Err(Embedded);
    }
    if let Some((.., why)) = V6.iter().find(|(net, len, _)| within(*net, *len)) {
        return Err(*why);
    }
    if within(at(0x2000, 0, 0), 3) { Ok(()) } else { Err(Reserved) }
}

/// The IPv4 address that an IPv6 address carries, for every known way of carrying one.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        // Compatible (RFC 4291), mapped (RFC 4291), translated (RFC 2765).
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0, 0, 0, 0, 0xffff, 0) => Some(joined(g, h)),
        // NAT64: the well-known prefix (RFC 6052) and, in its 96-bit form, the local one (RFC 8215).
        (0x64, 0xff9b, 0, 0, 0, 0) | (0x64, 0xff9b, 1, ..) => Some(joined(g, h)),
        // 6to4 (RFC 3056).
        (0x2002, ..) => Some(joined(b, c)),
        // Teredo (RFC 4380): the client's address, inverted.
        (0x2001, 0, ..) => Some(joined(!g, !h)),
        // ISATAP (RFC 5214): an interface identifier in any prefix.
        (.., 0 | 0x200, 0x5efe) => Some(joined(g, h)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Address, and the reason for which it is refused.
    const VECTORS: &[(&str, Option<Why>)] = &[
        ("1.1.1.1", None),
        ("8.8.8.8", None),
        ("9.255.255.255", None),
        ("11.0.0.0", None),
        ("93.184.216.34", None),
        ("100.63.255.255", None),
        ("100.128.0.0", None),
        ("126.255.255.255", None),
        ("128.0.0.1", None),
        ("169.253.255.255", None),
        ("169.255.0.0", None),
        ("172.15.255.255", None),
        ("172.32.0.0", None),
        ("192.0.1.1", None),
        ("192.167.255.255", None),
        ("192.169.0.0", None),
        ("198.17.255.255", None),
        ("198.20.0.0", None),
        ("203.0.114.1", None),
        ("223.255.255.255", None),
        ("0.0.0.0", Some(Unspecified)),
        ("0.255.255.255", Some(Unspecified)),
        ("10.0.0.1", Some(Private)),
        ("10.255.255.255", Some(Private)),
        ("100.64.0.0", Some(CarrierNat)),
        ("100.127.255.255", Some(CarrierNat)),
        ("100.100.100.200", Some(Metadata)),
        ("127.0.0.1", Some(Loopback)),
        ("127.255.255.254", Some(Loopback)),
        ("168.63.129.16", Some(Metadata)),
        ("169.254.0.1", Some(LinkLocal)),
        ("169.254.169.254", Some(LinkLocal)),
        ("169.254.170.2", Some(LinkLocal)),
        ("172.16.0.1", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("192.0.0.1", Some(Reserved)),
        ("192.0.0.192", Some(Reserved)),
        ("192.0.2.1", Some(Documentation)),
        ("192.88.99.1", Some(Reserved)),
        ("192.168.0.1", Some(Private)),
        ("192.168.255.255", Some(Private)),
        ("198.18.0.1", Some(Benchmarking)),
        ("198.19.255.255", Some(Benchmarking)),
        ("198.51.100.7", Some(Documentation)),
        ("203.0.113.9", Some(Documentation)),
        ("224.0.0.1", Some(Multicast)),
        ("239.255.255.255", Some(Multicast)),
        ("240.0.0.1", Some(Reserved)),
        ("255.255.255.254", Some(Reserved)),
        ("255.255.255.255", Some(Broadcast)),
        ("2001:4860:4860::8888", None),
        ("2606:4700:4700::1111", None),
        ("2a00:1450:4001:81b::200e", None),
        ("2400:cb00::1", None),
        ("2001:200::1", None),
        ("::", Some(Unspecified)),
        ("::1", Some(Loopback)),
        ("::2", Some(Unspecified)),
        ("::127.0.0.1", Some(Loopback)),
        ("::8.8.8.8", Some(Embedded)),
        ("::ffff:127.0.0.1", Some(Loopback)),
        ("::ffff:10.1.2.3", Some(Private)),
        ("::ffff:169.254.169.254", Some(LinkLocal)),
        ("::ffff:8.8.8.8", Some(Embedded)),
        ("::ffff:0:127.0.0.1", Some(Loopback)),
        ("64:ff9b::7f00:1", Some(Loopback)),
        ("64:ff9b::a9fe:a9fe", Some(LinkLocal)),
        ("64:ff9b::808:808", Some(Embedded)),
        ("64:ff9b:1::c0a8:1", Some(Private)),
        ("64:ff9b:1:2:3::808:808", Some(Embedded)),
        ("100::1", Some(Reserved)),
        ("2002:7f00:1::", Some(Loopback)),
        ("2002:a00:1::1", Some(Private)),
        ("2002:808:808::1", Some(Embedded)),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Some(Documentation)),
        ("2001::f5ff:fffe", Some(Private)),
        ("2001::f7f7:f7f7", Some(Embedded)),
        ("2001:2::1", Some(Benchmarking)),
        ("2001:10::1", Some(Reserved)),
        ("2001:20::1", Some(Reserved)),
        ("2001:1ff::1", Some(Reserved)),
        ("2001:db8::1", Some(Documentation)),
        ("3fff::1", Some(Documentation)),
        ("3ffe::1", Some(Reserved)),
        ("fc00::1", Some(Private)),
        ("fd12:3456:789a::1", Some(Private)),
        ("fd00:ec2::254", Some(Metadata)),
        ("fe80::1", Some(LinkLocal)),
        ("febf::1", Some(LinkLocal)),
        ("fec0::1", Some(Private)),
        ("ff02::1", Some(Multicast)),
        ("ff0e::1", Some(Multicast)),
        ("2600::5efe:10.0.0.1", Some(Private)),
        ("2600::200:5efe:8.8.8.8", Some(Embedded)),
        ("4000::1", Some(Reserved)),
        ("5f00::1", Some(Reserved)),
        ("1::1", Some(Reserved)),
    ];

    #[test]
    fn every_vector_is_judged_as_written() {
        for (text, why) in VECTORS {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(is_public(ip).err(), *why, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_refused_bare_is_refused_in_every_wrapping(bits: u32) {
            let inside = Ipv4Addr::from(bits);
            let (high, low) = ((bits >> 16) as u16, bits as u16);
            for wrapped in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
            ] {
                let why = is_public(wrapped.into()).expect_err("no wrapping is public");
                prop_assert_eq!(why, v4(inside).err().unwrap_or(Embedded));
            }
        }

        #[test]
        fn no_ipv6_address_outside_global_unicast_is_public(bits: u128) {
            let ip = Ipv6Addr::from(bits);
            prop_assume!(ip.segments()[0] & 0xe000 != 0x2000);
            prop_assert!(is_public(ip.into()).is_err());
        }
    }
}
