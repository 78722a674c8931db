//! Two WIT types compared by structure, as the platform links them, and the first difference in words.

use std::fmt;
use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind};

/// Where two signatures part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The way there: `request.http.body`.
    pub place: String,
    /// What the component has.
    pub found: String,
    /// What the world has.
    pub wanted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { place, found, wanted } = self;
        write!(formatter, "`{place}` is {found}, and the world wants {wanted}")
    }
}

/// A type with the package it stands in.
#[derive(Clone, Copy)]
struct Place<'a> {
    resolve: &'a Resolve,
    ty: Type,
}

/// The first difference between two functions. Names of parameters are not part of what is linked; names of
/// fields and cases are, and their order.
pub(super) fn difference(found: (&Resolve, &Function), wanted: (&Resolve, &Function)) -> Option<Difference> {
    let ((found, theirs), (wanted, ours)) = (found, wanted);
    if theirs.kind.is_async() != ours.kind.is_async() {
        let word =
            |is_async: bool| if is_async { "an async function" } else { "a plain function" }.to_owned();
        let (found, wanted) = (word(theirs.kind.is_async()), word(ours.kind.is_async()));
        return Some(Difference { place: ours.name.clone(), found, wanted });
    }
    if theirs.params.len() != ours.params.len() {
        let count =
            |count: usize| format!("a function of {count} parameter{}", if count == 1 { "" } else { "s" });
        let (found, wanted) = (count(theirs.params.len()), count(ours.params.len()));
        return Some(Difference { place: ours.name.clone(), found, wanted });
    }
    let parameters = theirs.params.iter().zip(&ours.params).find_map(|(their, our)| {
        let found = Place { resolve: found, ty: their.ty };
        compare(found, Place { resolve: wanted, ty: our.ty }, &our.name)
    });
    let found = theirs.result.map(|ty| Place { resolve: found, ty });
    let wanted = ours.result.map(|ty| Place { resolve: wanted, ty });
    parameters.or_else(|| optional(found, wanted, "the result"))
}

fn optional(found: Option<Place<'_>>, wanted: Option<Place<'_>>, place: &str) -> Option<Difference> {
    match (found, wanted) {
        (None, None) => None,
        (Some(found), Some(wanted)) => compare(found, wanted, place),
        (found, wanted) => {
            let word = |ty: Option<Place<'_>>| ty.map_or_else(|| "nothing".to_owned(), |ty| describe(ty, 0));
            Some(Difference { place: place.to_owned(), found: word(found), wanted: word(wanted) })
        }
    }
}

/// Follows the world's type, which is finite and small, so a stranger's type costs no more than ours.
fn compare(found: Place<'_>, wanted: Place<'_>, place: &str) -> Option<Difference> {
    let (found, wanted) = (found.plain(), wanted.plain());
    let differs = || {
        let (found, wanted) = (describe(found, 0), describe(wanted, 0));
        Some(Difference { place: place.to_owned(), found, wanted })
    };
    let (theirs, ours) = match (found.kind(), wanted.kind()) {
        (Some(theirs), Some(ours)) => (theirs, ours),
        (None, None) if found.ty == wanted.ty => return None,
        _ => return differs(),
    };
    let inside =
        |theirs: &Type, ours: &Type, place: &str| compare(found.of(*theirs), wanted.of(*ours), place);
    match (theirs, ours) {
        (TypeDefKind::Record(theirs), TypeDefKind::Record(ours)) => {
            if !theirs.fields.iter().map(|field| &field.name).eq(ours.fields.iter().map(|field| &field.name))
            {
                return differs();
            }
            let mut fields = theirs.fields.iter().zip(&ours.fields);
            fields.find_map(|(their, our)| inside(&their.ty, &our.ty, &format!("{place}.{}", our.name)))
        }
        (TypeDefKind::Enum(theirs), TypeDefKind::Enum(ours)) => {
            let same =
                theirs.cases.iter().map(|case| &case.name).eq(ours.cases.iter().map(|case| &case.name));
            if same { None } else { differs() }
        }
        (TypeDefKind::Tuple(theirs), TypeDefKind::Tuple(ours)) if theirs.types.len() == ours.types.len() => {
            let mut members = theirs.types.iter().zip(&ours.types).enumerate();
            members.find_map(|(index, (their, our))| inside(their, our, &format!("{place}.{index}")))
        }
        (TypeDefKind::Option(theirs), TypeDefKind::Option(ours)) => inside(theirs, ours, place),
        (TypeDefKind::List(theirs), TypeDefKind::List(ours)) => inside(theirs, ours, &format!("{place}[]")),
        (TypeDefKind::Result(theirs), TypeDefKind::Result(ours)) => {
            let ok = (theirs.ok.map(|ty| found.of(ty)), ours.ok.map(|ty| wanted.of(ty)));
            let err = (theirs.err.map(|ty| found.of(ty)), ours.err.map(|ty| wanted.of(ty)));
            optional(ok.0, ok.1, &format!("{place} (ok)"))
                .or_else(|| optional(err.0, err.1, &format!("{place} (error)")))
        }
        _ => differs(),
    }
}

impl<'a> Place<'a> {
    fn of(self, ty: Type) -> Place<'a> {
        Place { resolve: self.resolve, ty }
    }

    /// The same type behind its aliases.
    fn plain(self) -> Place<'a> {
        let mut place = self;
        while let Some(TypeDefKind::Type(ty)) = place.kind() {
            place = place.of(*ty);
        }
        place
    }

    fn kind(self) -> Option<&'a TypeDefKind> {
        match self.ty {
            Type::Id(id) => self.resolve.types.get(id).map(|definition| &definition.kind),
            _ => None,
        }
    }
}

/// How deep a type is spelled out.
const DEPTH: usize = 4;

/// A type as WIT writes it; records and enums by the names in them.
fn describe(place: Place<'_>, depth: usize) -> String {
    let place = place.plain();
    let text = spell(place, depth);
    if depth == 0 { format!("`{text}`") } else { text }
}

fn spell(place: Place<'_>, depth: usize) -> String {
    let Some(kind) = place.kind() else { return primitive(place.ty).to_owned() };
    if depth >= DEPTH {
        return "…".into();
    }
    let inner = |ty: &Type| describe(place.of(*ty), depth + 1);
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), inner);
    match kind {
        TypeDefKind::Record(record) => {
            format!("record {{ {} }}", names(record.fields.iter().map(|field| field.name.as_str())))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum {{ {} }}", names(cases.cases.iter().map(|case| case.name.as_str())))
        }
        TypeDefKind::Variant(variant) => {
            format!("variant {{ {} }}", names(variant.cases.iter().map(|case| case.name.as_str())))
        }
        TypeDefKind::Flags(flags) => {
            format!("flags {{ {} }}", names(flags.flags.iter().map(|flag| flag.name.as_str())))
        }
        TypeDefKind::Tuple(tuple) => {
            let members: Vec<String> = tuple.types.iter().take(MOST).map(inner).collect();
            format!("tuple<{}>", members.join(", "))
        }
        TypeDefKind::Option(ty) => format!("option<{}>", inner(ty)),
        TypeDefKind::List(ty) => format!("list<{}>", inner(ty)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".into(),
            (ok, None) => format!("result<{}>", maybe(ok)),
            (ok, err) => format!("result<{}, {}>", maybe(ok), maybe(err)),
        },
        TypeDefKind::Handle(Handle::Own(_)) => "own<resource>".into(),
        TypeDefKind::Handle(Handle::Borrow(_)) => "borrow<resource>".into(),
        other => other.as_str().to_owned(),
    }
}

/// How many names are spelled out.
const MOST: usize = 24;

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut listed: Vec<&str> = names.take(MOST + 1).collect();
    if listed.len() > MOST {
        listed.truncate(MOST);
        listed.push("…");
    }
    listed.join(", ")
}

fn primitive(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "a type that does not exist",
    }
}
