//! Events of the dev server as people read them.

use crate::dev::{Event, RequestEvent};
use crate::output::Output;

/// An event as one line for people, or a few; empty when there is nothing to say.
pub(super) fn of(output: &Output, event: &Event) -> String {
    match event {
        Event::Listening { url, extension } => {
            format!("{} serves `{extension}` (Ctrl-C ends it)", output.paint(url, "1"))
        }
        Event::Building => String::new(),
        Event::Built { size, duration_us, warnings, .. } => {
            let size = size.map(|size| format!(", {} KiB", size.div_ceil(1024))).unwrap_or_default();
            let built = format!("built in {}{size}", duration(*duration_us));
            warnings.iter().fold(built, |lines, warning| {
                format!("{lines}\n{} {warning}", output.paint("warning:", "33"))
            })
        }
        Event::BuildFailed { message, still_serving } => {
            let rest = if *still_serving { "\nthe last good version still answers" } else { "" };
            format!("{} {message}{rest}", output.paint("error:", "1;31"))
        }
        Event::Swapped { changed, duration_us, .. } => {
            format!("{} ready in {}", changed.join(", "), duration(*duration_us))
        }
        Event::Request(request) => request_line(output, request),
        Event::Log { level, message, .. } => {
            let style = match *level {
                "error" => "31",
                "warn" => "33",
                _ => "2",
            };
            format!("  {} {message}", output.paint(level, style))
        }
        Event::CspBlocked { blocked, directive, source } => {
            let warning = output.paint("warning:", "33");
            format!("{warning} the content security policy ({directive}) blocked {blocked} at {source}")
        }
        Event::Warning { message } => format!("{} {message}", output.paint("warning:", "33")),
    }
}

fn request_line(output: &Output, request: &RequestEvent) -> String {
    let style = match request.status {
        0..400 => "32",
        400..500 => "33",
        _ => "31",
    };
    let status = output.paint(&request.status.to_string(), style);
    let mut lines = format!("{} {} {status} {}", request.method, request.path, duration(request.duration_us));
    for more in request.detail.iter().chain(&request.notes).flat_map(|text| text.lines()) {
        lines.push_str("\n  ");
        lines.push_str(more);
    }
    lines
}

/// Microseconds in the unit a person would choose.
fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}
