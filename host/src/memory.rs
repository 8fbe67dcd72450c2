//! Memory: which allocator this program has, and how it is told to be sparing.
//!
//! Owns both. Promises that what nobody uses goes back to the system soon. Never counts or bounds
//! what others ask for; they do that.
#![expect(unsafe_code, reason = "the allocator is C, and told what to do through its own calls")]

/// Faster than the system's for what a host does most: many small things that live shortly.
pub(crate) use mimalloc::MiMalloc as Allocator;

use std::ffi::c_long;

use libmimalloc_sys::{mi_collect, mi_option_set_default, mi_option_t, mi_option_use_numa_nodes};

/// The option that says after how many milliseconds the allocator gives back what nobody uses
/// (`include/mimalloc.h` of mimalloc 3, which has it before that one; its bindings leave it out).
const PURGE_DELAY: mi_option_t = mi_option_use_numa_nodes - 1;
/// So many, unless `MIMALLOC_PURGE_DELAY` says otherwise. At once costs a twentieth of what
/// `cargo measure pipeline` manages; this costs nothing that it can tell.
const PURGE_DELAY_MS: c_long = 10;

/// Has a host take little memory. To be called before there are other threads.
///
/// By itself the allocator keeps what is free for a second, which a busy host has filled again by
/// then, with holes in it. And it would ask the system for huge pages, of which a host that makes
/// and drops many small things uses a part: that is twice the memory. `cargo measure cycles` shows
/// what either comes to.
pub fn settle() {
    // SAFETY: the option is one of the allocator's, and nobody else asks for it meanwhile.
    unsafe { mi_option_set_default(PURGE_DELAY, PURGE_DELAY_MS) };
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::warn!(%error, "the system gives huge pages, so that more memory is used");
    }
}

/// Gives back what nobody uses, whenever it was freed. The allocator itself looks for that only where
/// much is freed, so that an idle host would keep what a busy hour took.
pub(crate) fn give_back() {
    // SAFETY: any thread may call it at any time.
    unsafe { mi_collect(true) }
}

#[cfg(test)]
mod tests {
    use libmimalloc_sys::mi_option_get;

    use super::*;

    /// How much memory is really there, as the system has it for this process.
    fn resident_bytes() -> usize {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * rustix::param::page_size()
    }

    #[test]
    fn the_option_is_the_one_that_is_meant() {
        // SAFETY: it is one of the allocator's, and no other test sets it.
        let delay_ms = || unsafe { mi_option_get(PURGE_DELAY) };
        assert_eq!(delay_ms(), 1000, "what the allocator takes by itself");
        settle();
        assert_eq!(delay_ms(), PURGE_DELAY_MS);
    }

    #[test]
    fn what_nobody_uses_goes_back() {
        // So much that what other tests have meanwhile does not matter.
        const BYTES: usize = 256 << 20;
        const PIECE: usize = 4 << 10;
        let before = resident_bytes();
        let much: Vec<_> = (0..BYTES / PIECE).map(|_| Box::new([1_u8; PIECE])).collect();
        let between = resident_bytes();
        drop(std::hint::black_box(much));
        give_back();
        let after = resident_bytes();
        assert!(between > before + BYTES / 2, "{before} {between}");
        assert!(after < between - BYTES / 2, "{between} {after}");
    }
}
