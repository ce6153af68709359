//! Names that are not in the schema, and what may have been meant.
//!
//! The schema may lack what QuickBooks has come to know, so only names typed by hand are checked: a
//! file, and the API itself, take any.

use evergrant_quickbooks::{EntityKind, schema};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Checks the member at a dotted path.
///
/// # Errors
/// There is none; the message names those that are nearest.
pub(crate) fn member(kind: EntityKind, path: &str) -> Result<()> {
    let schema = schema::get();
    let mut fields = schema.entity(kind).map(|entity| entity.fields.as_slice());
    let mut place = kind.to_string();
    for name in path.split('.') {
        // What is inside values that no table describes is anybody's guess.
        let Some(known) = fields else { return Ok(()) };
        let name = name.split('[').next().unwrap_or(name);
        let found = known
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name));
        let Some(found) = found else {
            let near = nearest(name, known.iter().map(|field| field.name.as_str()));
            return Err(unknown(&place, name, &near));
        };
        place = format!("{place}.{}", found.name);
        fields = match found.kind.as_str() {
            "ref" => return Ok(()),
            kind => schema.fields_of(kind),
        };
    }
    Ok(())
}

/// Checks every field of `--fields`.
pub(crate) fn fields(kind: EntityKind, paths: &[String]) -> Result<()> {
    paths.iter().try_for_each(|path| member(kind, path))
}

/// Checks the member that a condition begins with.
pub(crate) fn condition(kind: EntityKind, condition: &str) -> Result<()> {
    let end = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_');
    let name = condition.trim_start().split(end).next().unwrap_or_default();
    match name {
        "" => Ok(()),
        name => member(kind, name),
    }
}

fn unknown(place: &str, name: &str, near: &[&str]) -> Failure {
    let mend = match near {
        [] => format!("evergrant schema {} lists them", place.to_ascii_lowercase()),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    Failure::new(Exit::Usage, format!("{place} has no member {name:?}"), mend)
}

/// The names that differ from `wanted` in two letters at most, or go on from it; nearest first.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let lower = name.to_ascii_lowercase();
            let contains = wanted.len() >= 3 && lower.contains(&wanted);
            let distance = distance(&wanted, &lower);
            (distance <= 2 || contains).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters must be changed, put in or left out to come from one to the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_members_are_mended() {
        let kind = EntityKind::Employee;
        for path in [
            "DisplayName",
            "displayname",
            "PrimaryAddr.City",
            "MetaData.CreateTime",
        ] {
            assert!(member(kind, path).is_ok(), "{path}");
        }
        for (path, mend) in [
            ("DisplyName", "DisplayName"),
            ("PrimaryAddr.Cty", "City"),
            ("qqqq", "evergrant schema employee"),
        ] {
            let Failure::Own(own) = member(kind, path).unwrap_err() else {
                panic!("not our own")
            };
            assert!(own.mend.contains(mend), "{path}: {own:?}");
            assert_eq!(own.exit, Exit::Usage);
        }
        assert!(condition(kind, "DisplayName like 'B%'").is_ok());
        assert!(condition(kind, "DisplaName like 'B%'").is_err());
    }

    #[test]
    fn distances_count_letters() {
        for (one, other, expected) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), expected);
        }
    }
}
