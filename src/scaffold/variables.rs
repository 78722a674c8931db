//! What a template leaves open: the project's name, the manifest's name, the publisher, the title.

use super::Error;

/// Characters of a project's name, at most.
pub(super) const NAME_LIMIT: usize = 64;
/// Characters of a manifest's name, at most.
pub(super) const ID_LIMIT: usize = 200;
/// Characters of a publisher, at most.
pub(super) const PUBLISHER_LIMIT: usize = 100;

/// The values placeholders stand for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// The project's name: `ticket-notes`.
    pub name: String,
    /// The manifest's name: `com.acme.ticket-notes`.
    pub id: String,
    /// Who publishes it.
    pub publisher: String,
}

impl Variables {
    /// Checks the three values.
    pub fn new(name: &str, id: &str, publisher: &str) -> Result<Variables, Error> {
        check_name(name)?;
        check_id(id)?;
        check_publisher(publisher)?;
        Ok(Variables { name: name.to_owned(), id: id.to_owned(), publisher: publisher.trim().to_owned() })
    }

    /// The name as people read it: `Ticket notes`.
    pub fn title(&self) -> String {
        let words = self.name.replace('-', " ");
        let mut letters = words.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    }

    /// What a placeholder stands for.
    pub(super) fn get(&self, placeholder: &str) -> Option<String> {
        match placeholder {
            "name" => Some(self.name.clone()),
            "id" => Some(self.id.clone()),
            "publisher" => Some(self.publisher.clone()),
            "title" => Some(self.title()),
            _ => None,
        }
    }
}

/// Checks a project's name: it becomes a folder, a label of the manifest's name and part of a crate's name.
pub fn check_name(given: &str) -> Result<(), Error> {
    if given.contains(['/', '\\']) {
        let last = given.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
        return Err(Error::NameIsPath { given: given.to_owned(), nearest: slug(last) });
    }
    if given.len() <= NAME_LIMIT && slug(given).as_deref() == Some(given) {
        return Ok(());
    }
    Err(Error::Name { given: shown(given), nearest: slug(given) })
}

/// Checks a manifest's name as the strictest of the platform's validators does (contract/registry.md §1.3).
pub fn check_id(given: &str) -> Result<(), Error> {
    let label = |label: &str| {
        let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        !label.is_empty() && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    if given.len() <= ID_LIMIT && given.contains('.') && given.split('.').all(label) {
        return Ok(());
    }
    let labels: Vec<String> = given.split('.').filter_map(dashed).collect();
    let nearest = match labels.as_slice() {
        [] => None,
        [only] => Some(format!("com.example.{only}")),
        _ => Some(labels.join(".")),
    };
    Err(Error::Id { given: shown(given), nearest: nearest.filter(|nearest| nearest.len() <= ID_LIMIT) })
}

/// Checks a publisher: a name people read.
pub fn check_publisher(given: &str) -> Result<(), Error> {
    let length = given.trim().chars().count();
    if (1..=PUBLISHER_LIMIT).contains(&length) && !given.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::Publisher { given: shown(given) })
}

/// The publisher when none is given: the second label of the manifest's name, else `example`.
pub fn default_publisher(id: Option<&str>) -> String {
    id.and_then(|id| id.split('.').nth(1)).filter(|label| !label.is_empty()).unwrap_or("example").to_owned()
}

/// The manifest's name when none is given: `com.<publisher>.<name>`.
pub fn default_id(publisher: &str, name: &str) -> String {
    format!("com.{}.{name}", dashed(publisher).unwrap_or_else(|| "example".to_owned()))
}

/// The nearest project's name, when any letter survives.
fn slug(text: &str) -> Option<String> {
    let dashed = dashed(text)?;
    let slug: String = dashed.trim_start_matches(|letter: char| !letter.is_ascii_lowercase()).to_owned();
    let slug: String = slug.chars().take(NAME_LIMIT).collect();
    let slug = slug.trim_end_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// Lower case, with runs of anything but letters and digits turned into one hyphen and none at the ends.
fn dashed(text: &str) -> Option<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let dashed = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    (!dashed.is_empty()).then_some(dashed)
}

/// What a stranger wrote, short enough and plain enough for a message.
fn shown(given: &str) -> String {
    let plain: String = given.chars().take(80).flat_map(char::escape_debug).collect();
    if given.chars().count() > 80 { format!("{plain}…") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_be_one_come_with_the_nearest_that_can() {
        for (given, nearest) in [
            ("Ticket Notes", Some("ticket-notes")),
            ("2fast", Some("fast")),
            ("..", None),
            ("", None),
            ("a--b", Some("a-b")),
            ("trailing-", Some("trailing")),
            ("snake_case", Some("snake-case")),
            ("größe", Some("gr-e")),
        ] {
            match check_name(given) {
                Err(Error::Name { nearest: found, .. }) => assert_eq!(found.as_deref(), nearest, "{given}"),
                other => panic!("{given}: {other:?}"),
            }
        }
        for given in ["hello", "a", "ticket-notes-2"] {
            check_name(given).unwrap();
        }
    }

    #[test]
    fn a_path_is_not_a_name_and_the_way_out_is_shown() {
        let error = check_name("extensions/hello").unwrap_err();
        assert_eq!(
            error.hint().unwrap(),
            "name the folder apart: `alga-ext new hello --dir extensions/hello`"
        );
        assert!(matches!(check_name("../x"), Err(Error::NameIsPath { .. })));
    }

    #[test]
    fn manifest_names_are_reverse_domain() {
        for given in ["com.acme.hello", "io.a-b.c2"] {
            check_id(given).unwrap();
        }
        for (given, nearest) in [
            ("hello", Some("com.example.hello")),
            ("com.Acme.hello", Some("com.acme.hello")),
            ("com..hello", Some("com.hello")),
            ("com.-a.b_c", Some("com.a.b-c")),
            (".", None),
        ] {
            match check_id(given) {
                Err(Error::Id { nearest: found, .. }) => assert_eq!(found.as_deref(), nearest, "{given}"),
                other => panic!("{given}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_publisher_is_one_line_of_text() {
        for given in ["Acme", "O'Neil & \"Sons\"", "株式会社"] {
            check_publisher(given).unwrap();
        }
        for given in ["", "  ", "a\nb", &"x".repeat(101)] {
            check_publisher(given).unwrap_err();
        }
    }

    #[test]
    fn what_is_not_given_follows_from_what_is() {
        assert_eq!(default_publisher(Some("com.acme.hello")), "acme");
        assert_eq!(default_publisher(None), "example");
        assert_eq!(default_id("Acme Networks, Inc.", "hello"), "com.acme-networks-inc.hello");
        assert_eq!(default_id("株式会社", "hello"), "com.example.hello");
        check_id(&default_id("株式会社", "hello")).unwrap();
    }

    #[test]
    fn the_title_is_the_name_in_words() {
        let variables = Variables::new("ticket-notes", "com.acme.ticket-notes", "Acme").unwrap();
        assert_eq!(variables.title(), "Ticket notes");
    }
}
