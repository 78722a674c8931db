//! Moments, to the second: written one way, so that two texts that differ are two moments.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The seconds of a day.
const DAY: i64 = 86_400;

/// A moment in UTC, printed as `2026-11-21T16:02:24Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// Seconds after 1970 began; none outside the years that can be written.
    pub fn from_seconds(seconds: i64) -> Option<Time> {
        let is_writable = (0..=253_402_207_200).contains(&seconds);
        is_writable.then_some(Time(seconds))
    }

    /// The system's moment, as far as it can be written.
    pub fn of(system: std::time::SystemTime) -> Time {
        let since = system.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).ok().and_then(Time::from_seconds).unwrap_or(Time(0))
    }

    /// Reads the one spelling that [`fmt::Display`] gives.
    pub fn parse(text: &str) -> Option<Time> {
        let time = Time::from_seconds(text.parse::<jiff::Timestamp>().ok()?.as_second())?;
        (time.to_string() == text).then_some(time)
    }

    /// What people type: a moment, a day (`2027-01-31`, its beginning), or days from `now` on (`90d`).
    pub fn typed(text: &str, now: Time) -> Option<Time> {
        if let Some(days) = text.strip_suffix('d') {
            let days: u32 = days.parse().ok().filter(|_| days.bytes().all(|byte| byte.is_ascii_digit()))?;
            return Time::from_seconds(now.0.checked_add(i64::from(days).checked_mul(DAY)?)?);
        }
        Time::parse(text).or_else(|| Time::parse(&format!("{text}T00:00:00Z")))
    }

    /// Seconds after 1970 began.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// So many seconds later.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Time {
        Time(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from_second(self.0).map_err(|_| fmt::Error)?.fmt(formatter)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        Time::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is no moment like `2026-11-21T16:02:24Z`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_spelling() {
        let text = "2026-11-21T16:02:24Z";
        let time = Time::parse(text).unwrap();
        assert_eq!(time.to_string(), text);
        let others =
            ["2026-11-21t16:02:24Z", "2026-11-21T16:02:24.0Z", "2026-11-21T16:02:24+00:00", " x", ""];
        for other in others {
            assert_eq!(Time::parse(other), None, "{other}");
        }
    }

    #[test]
    fn days_dates_and_moments_are_typed() {
        let now = Time::parse("2026-11-21T16:02:24Z").unwrap();
        assert_eq!(Time::typed("90d", now).unwrap().to_string(), "2027-02-19T16:02:24Z");
        assert_eq!(Time::typed("2027-01-31", now).unwrap().to_string(), "2027-01-31T00:00:00Z");
        assert_eq!(Time::typed("2026-11-21T16:02:24Z", now), Some(now));
        for other in ["", "d", "-1d", "+1d", "soon", "2027-1-1", "99999999999d"] {
            assert_eq!(Time::typed(other, now), None, "{other}");
        }
    }
}
