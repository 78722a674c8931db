//! Parse, run, exit code.

use std::process::ExitCode;

/// Requests to the dev server allocate often, on one thread, and free on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(alga_ext::main().code())
}
