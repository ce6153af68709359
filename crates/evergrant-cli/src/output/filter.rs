//! `--jq`: a jq program, run by jaq. Numbers that it does not touch keep their spelling.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

/// A compiled program.
pub(super) struct Filter(jaq_core::Filter<data::JustLut<Val>>);

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filter")
    }
}

impl Filter {
    /// Compiles a program.
    ///
    /// # Errors
    /// Where it is not one, in a sentence.
    pub(super) fn compile(program: &str) -> Result<Self, String> {
        let definitions = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs());
        let functions = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let main = File {
            code: program,
            path: (),
        };
        let modules = Loader::new(definitions).load(&arena, main);
        let modules = modules
            .map_err(|errors| first(errors.into_iter().map(|(_, error)| unreadable(&error))))?;
        let compiled = jaq_core::Compiler::default()
            .with_funs(functions)
            .compile(modules);
        let compiled = compiled.map_err(|errors| {
            let unknown = errors.into_iter().flat_map(|(_, errors)| errors);
            first(unknown.map(|(name, what)| format!("there is no {} {name}", what.as_str())))
        })?;
        Ok(Self(compiled))
    }

    /// What it makes of a JSON text, each value as a JSON text, until it fails.
    pub(super) fn run(&self, text: &str) -> impl Iterator<Item = Result<String, String>> {
        let input = read::parse_single(text.as_bytes());
        let values = input.map(|input| {
            let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
            self.0.id.run((context, input)).map(unwrap_valr)
        });
        let (values, failed) = match values {
            Ok(values) => (Some(values), None),
            Err(error) => (None, Some(Err(error.to_string()))),
        };
        let values = values.into_iter().flatten();
        let values = values.map(|value| match value {
            Ok(value) => Ok(value.to_string()),
            Err(error) => Err(error.to_string()),
        });
        values.chain(failed)
    }
}

fn first(errors: impl Iterator<Item = String>) -> String {
    errors
        .into_iter()
        .next()
        .unwrap_or_else(|| "it can't be read".to_owned())
}

fn unreadable(error: &jaq_core::load::Error<&str>) -> String {
    use jaq_core::load::Error;
    let found = |rest: &str| match rest.chars().take(20).collect::<String>() {
        rest if rest.is_empty() => "its end".to_owned(),
        rest => format!("{rest:?}"),
    };
    match error {
        Error::Io(errors) => first(
            errors
                .iter()
                .map(|(path, error)| format!("{path}: {error}")),
        ),
        Error::Lex(errors) => first(
            errors
                .iter()
                .map(|(expected, at)| format!("expected {} at {}", expected.as_str(), found(at))),
        ),
        Error::Parse(errors) => first(
            errors
                .iter()
                .map(|(expected, at)| format!("expected {} at {}", expected.as_str(), found(at))),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(program: &str, text: &str) -> Vec<String> {
        let filter = Filter::compile(program).unwrap();
        filter.run(text).map(Result::unwrap).collect()
    }

    #[test]
    fn programs_run_and_numbers_keep_their_spelling() {
        let row = r#"{"Line":[{"Amount":639.00,"b":1,"a":2},{"Amount":0.10}],"Big":12345678901234567890.12}"#;
        assert_eq!(run(".Line[].Amount", row), ["639.00", "0.10"]);
        assert_eq!(run(".Big", row), ["12345678901234567890.12"]);
        assert_eq!(run(".Line[0]", row), [r#"{"Amount":639.00,"b":1,"a":2}"#]);
        assert_eq!(
            run(".Line | length, (map(.Amount) | add)", row),
            ["2", "639.1"]
        );
        assert_eq!(run("empty", row), [""; 0]);
    }

    #[test]
    fn what_is_no_program_says_why() {
        for (program, said) in [
            (".a |", "expected"),
            ("(", "expected"),
            ("nope", "there is no"),
            (". as $x | $y", "there is no"),
        ] {
            let error = Filter::compile(program).unwrap_err();
            assert!(error.contains(said), "{program}: {error}");
        }
        let filter = Filter::compile(".a.b").unwrap();
        assert!(filter.run(r#"{"a":1}"#).next().unwrap().is_err());
    }
}
