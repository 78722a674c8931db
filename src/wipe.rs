//! Secrets leave nothing behind: memory that is given back is zeroed, and so is the stack they were handled on.
//!
//! Types that zero themselves do so for the copies we know of. The libraries that decrypt a key, ask for a password or
//! read a file make others, on the heap where a vector grew and on the stack where a value moved. So from the first
//! secret on the allocator zeroes all that is freed, and what handles secrets does it in [`secretly`].

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process has had a secret.
static SECRETS: AtomicBool = AtomicBool::new(false);
/// How much of the stack is overwritten, in bytes: several times what the deepest library call takes.
const STACK: usize = 128 << 10;

/// From now on, what is freed is zeroed first, if the program's allocator is [`Wiping`].
pub fn from_now_on() {
    SECRETS.store(true, Ordering::Relaxed);
}

/// Does what handles a secret, then overwrites the stack it used.
///
/// What it returns is moved to the caller, and should hold a secret behind a pointer only.
#[inline(never)]
pub fn secretly<T>(work: impl FnOnce() -> T) -> T {
    from_now_on();
    let done = apart(work);
    overwrite();
    done
}

/// Keeps the work's own variables off the caller's part of the stack.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "this is the stack that is to be overwritten")]
fn overwrite() {
    black_box(&mut [0_u8; STACK]);
}

/// An allocator that zeroes what is freed, once there was a secret. Before that it costs a load and a branch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wiping<A>(pub A);

// SAFETY: every block comes from the allocator inside, with the layout it goes back with; in between only the block's
// own bytes are written, and only when nobody owns them any more.
#[expect(unsafe_code, reason = "an allocator can be written in no other way")]
unsafe impl<A: GlobalAlloc> GlobalAlloc for Wiping<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same promises.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same promises.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if SECRETS.load(Ordering::Relaxed) {
            // SAFETY: the block is as long as its layout says, and its owner has given it up.
            unsafe { block.write_bytes(0, layout.size()) };
            black_box(block);
        }
        // SAFETY: the caller keeps the same promises.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !SECRETS.load(Ordering::Relaxed) {
            // SAFETY: the caller keeps the same promises.
            return unsafe { self.0.realloc(block, layout, size) };
        }
        // SAFETY: the caller promises that `size` fits this alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least that long, and the new one is nobody else's.
            unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(size)) };
            // SAFETY: the caller gave the block up with its layout.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}
