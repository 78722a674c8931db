//! Cron expressions: five fields, and how often they fire (contract/registry.md §7.1).

use jiff::civil::{Date, date};

const MAX_LENGTH: usize = 128;
/// Minutes between two runs.
const MIN_GAP: u32 = 5;
const MINUTES_PER_DAY: u32 = 24 * 60;

/// Why an expression is refused, in the platform's words where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("Cron expression too long")]
    TooLong,
    #[error("Invalid cron expression (expected 5 fields: m h dom mon dow)")]
    Fields,
    #[error("Invalid cron expression (unsupported characters)")]
    Characters,
    #[error("Cron cannot set both day-of-month and day-of-week")]
    BothDays,
    #[error("Cron too frequent (minimum interval is 5 minutes)")]
    TooFrequent,
    /// The platform lets it pass (contract/runner.md §8 B13).
    #[error("Invalid cron expression ({field} `{found}` is not within {from}-{to})")]
    Range { field: &'static str, found: String, from: u8, to: u8 },
    /// The platform lets it pass.
    #[error("Cron never matches a date")]
    Never,
}

/// Checks an expression and gives it trimmed. As in production ranges are not looked at, and only a literal
/// `*` to `*/4` with `*` everywhere else counts as too frequent.
pub(super) fn check(text: &str, as_production: bool) -> Result<String, Error> {
    let text = text.trim();
    if text.encode_utf16().count() > MAX_LENGTH {
        return Err(Error::TooLong);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = fields.as_slice() else { return Err(Error::Fields) };
    let allowed = |letter: char| letter.is_ascii_digit() || matches!(letter, '*' | '/' | ',' | '-');
    if fields.iter().any(|field| !field.chars().all(allowed)) {
        return Err(Error::Characters);
    }
    if day != "*" && weekday != "*" {
        return Err(Error::BothDays);
    }
    if [hour, day, month, weekday] == ["*"; 4] && matches!(minute, "*" | "*/1" | "*/2" | "*/3" | "*/4") {
        return Err(Error::TooFrequent);
    }
    if !as_production {
        let times = Times::read([minute, hour, day, month, weekday])?;
        times.check_gap()?;
    }
    Ok(text.to_owned())
}

/// When it fires; bit n stands for value n.
struct Times {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

impl Times {
    fn read([minute, hour, day, month, weekday]: [&str; 5]) -> Result<Times, Error> {
        let weekdays = read_field("day of week", weekday, 0, 7)?;
        Ok(Times {
            minutes: read_field("minute", minute, 0, 59)?,
            hours: read_field("hour", hour, 0, 23)?,
            days: read_field("day of month", day, 1, 31)?,
            months: read_field("month", month, 1, 12)?,
            // 7 is Sunday too.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
        })
    }

    /// The times of one day, as minutes since midnight, in order.
    fn of_a_day(&self) -> impl Iterator<Item = u32> {
        let bits = |set: u64, count: u32| (0..count).filter(move |bit| set >> bit & 1 == 1);
        let minutes = self.minutes;
        bits(self.hours, 24).flat_map(move |hour| bits(minutes, 60).map(move |minute| hour * 60 + minute))
    }

    fn fires_on(&self, day: Date) -> bool {
        let has = |set: u64, value: i8| u32::try_from(value).is_ok_and(|bit| set >> bit & 1 == 1);
        has(self.days, day.day())
            && has(self.months, day.month())
            && has(self.weekdays, day.weekday().to_sunday_zero_offset())
    }

    fn check_gap(&self) -> Result<(), Error> {
        let times: Vec<u32> = self.of_a_day().collect();
        let close = times.iter().zip(times.iter().skip(1)).any(|(one, next)| next - one < MIN_GAP);
        // Eight years hold every leap day on some pattern of weekdays often enough to see whether it ever fires;
        // twenty-eight hold all patterns there are.
        let mut days = date(2024, 1, 1).series(jiff::ToSpan::days(1)).take(28 * 366).peekable();
        let (mut ever, mut in_a_row) = (false, false);
        while let Some(day) = days.next() {
            let fires = self.fires_on(day);
            ever |= fires;
            in_a_row |= fires && days.peek().is_some_and(|next| self.fires_on(*next));
            if in_a_row {
                break;
            }
        }
        if !ever {
            return Err(Error::Never);
        }
        let over_midnight =
            times.first().zip(times.last()).map(|(first, last)| first + MINUTES_PER_DAY - last);
        if close || in_a_row && over_midnight.is_some_and(|gap| gap < MIN_GAP) {
            return Err(Error::TooFrequent);
        }
        Ok(())
    }
}

/// Reads `*`, `a`, `a-b`, each with `/step`, separated by commas.
fn read_field(field: &'static str, text: &str, from: u8, to: u8) -> Result<u64, Error> {
    let wrong = || Error::Range { field, found: text.to_owned(), from, to };
    let number =
        |text: &str| text.parse::<u8>().ok().filter(|value| (from..=to).contains(value)).ok_or_else(wrong);
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                (range, Some(step.parse::<u8>().ok().filter(|step| *step > 0).ok_or_else(wrong)?))
            }
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (from, to),
            Some((first, last)) => (number(first)?, number(last)?),
            None if step.is_some() => (number(range)?, to),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(wrong());
        }
        for value in (first..=last).step_by(usize::from(step.unwrap_or(1))) {
            set |= 1_u64 << value;
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_own_rules_hold_in_both_modes() {
        for (text, expected) in [
            ("*/5 * * * *", Ok(())),
            ("  0   9 * * 1-5 ", Ok(())),
            ("* * * * *", Err(Error::TooFrequent)),
            ("*/4 * * * *", Err(Error::TooFrequent)),
            ("0 9 * *", Err(Error::Fields)),
            ("0 9 * * * *", Err(Error::Fields)),
            ("", Err(Error::Fields)),
            ("0 9 * * MON", Err(Error::Characters)),
            ("@daily", Err(Error::Fields)),
            ("0 9 1 * 1", Err(Error::BothDays)),
            (&"0".repeat(129), Err(Error::TooLong)),
        ] {
            for as_production in [true, false] {
                assert_eq!(check(text, as_production).map(|_| ()), expected, "{text} {as_production}");
            }
        }
        assert_eq!(check(" 0 9 * * 1 ", false), Ok("0 9 * * 1".into()));
    }

    #[test]
    fn ranges_and_real_gaps_are_checked_by_default_only() {
        for (text, valid) in [
            ("0-59 * * * *", false),
            ("0,1,2 * * * *", false),
            ("* 9 * * *", false),
            ("0,4 9 * * *", false),
            ("0,5 9 * * *", true),
            ("58 23 * * *", true),
            ("0,58 0,23 * * *", false),
            ("0,58 0,23 1 * *", true),
            ("0,58 0,23 1,2 * *", false),
            ("0,58 0,23 31 12 *", true),
            ("0,58 0,23 1,31 * *", false),
            ("0,58 0,23 * * 0,6", false),
            ("0,58 0,23 * * 7,6", false),
            ("0,58 0,23 * * 1,3", true),
            ("99 99 * * *", false),
            ("60 9 * * *", false),
            ("0 24 * * *", false),
            ("0 9 0 * *", false),
            ("0 9 32 * *", false),
            ("0 9 31 2 *", false),
            ("0 9 29 2 *", true),
            ("0 9 * 13 *", false),
            ("0 9 * * 8", false),
            ("0 9 * * 7", true),
            ("*/0 9 * * *", false),
            ("5-1 9 * * *", false),
            ("10/20 * * * *", true),
            ("*/30 */2 1-7/2 1,6 *", true),
            ("0 9 * * 1-", false),
            ("0 9 , * *", false),
            ("99999999999999999999 9 * * *", false),
        ] {
            assert_eq!(check(text, false).is_ok(), valid, "{text}: {:?}", check(text, false));
            assert!(check(text, true).is_ok(), "{text} passes in production");
        }
    }
}
