//! Parse, run, exit code.

use alga_ext::wipe::Wiping;
use std::process::ExitCode;

/// Requests to the dev server allocate often, on one thread, and free on another. Secrets are zeroed when freed.
#[global_allocator]
static ALLOCATOR: Wiping<mimalloc::MiMalloc> = Wiping(mimalloc::MiMalloc);

fn main() -> ExitCode {
    ExitCode::from(alga_ext::main().code())
}
