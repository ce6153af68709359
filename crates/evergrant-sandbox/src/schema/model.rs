//! The table of entities, read from its text.
//!
//! The text is this crate's own and a test reads it, so a line that makes no sense is a mistake in the table and
//! is left out rather than reported.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{Class, Kind, Member, NeedsBy, Shape, Sort};

/// All kinds, classes and enumerations.
pub(crate) struct Model {
    pub(super) kinds: Vec<Kind>,
    /// Places of kinds by name and by root, as written and in lower case.
    pub(super) names: HashMap<String, usize>,
    /// The groups' classes.
    types: Vec<Class>,
    pub(super) choices: Vec<(&'static str, Vec<&'static str>)>,
    references: Vec<References>,
}

/// The kinds that a reference may name, looked up when first asked for.
struct References {
    names: &'static str,
    kinds: LazyLock<Vec<&'static Kind>, Box<dyn FnOnce() -> Vec<&'static Kind> + Send>>,
}

/// What stands under one heading of the text.
struct Block {
    heading: Vec<&'static str>,
    lines: Vec<&'static str>,
}

/// Where the names of the table's types lead.
#[derive(Default)]
struct Names {
    choices: HashMap<&'static str, usize>,
    /// Types first, then kinds, whose classes can be groups too.
    classes: HashMap<&'static str, usize>,
    references: Vec<&'static str>,
}

impl Model {
    pub(super) fn read(text: &'static str) -> Self {
        let blocks = blocks(text);
        let of = |sort: &'static str| {
            blocks
                .iter()
                .filter(move |block| block.heading.first() == Some(&sort))
        };
        let mut names = Names::default();
        for (place, block) in of("enum").enumerate() {
            names.choices.insert(block.name(), place);
        }
        for (place, block) in of("type").chain(of("entity")).enumerate() {
            names.classes.insert(block.name(), place);
        }
        let choices = of("enum").map(Block::choices).collect();
        let types = of("type").map(|block| block.class(&mut names)).collect();
        let kinds: Vec<Kind> = of("entity")
            .enumerate()
            .filter_map(|(index, block)| block.kind(index, &mut names))
            .collect();
        let named = kinds
            .iter()
            .flat_map(|kind| [(kind.name, kind.index), (kind.root, kind.index)]);
        Self {
            names: named
                .flat_map(|(name, index)| {
                    [(name.to_owned(), index), (name.to_ascii_lowercase(), index)]
                })
                .collect(),
            kinds,
            types,
            choices,
            references: names.references.into_iter().map(References::new).collect(),
        }
    }

    pub(super) fn class(&'static self, place: usize) -> Option<&'static Class> {
        let kind = |place: usize| Some(&self.kinds.get(place)?.class);
        self.types
            .get(place)
            .or_else(|| kind(place.checked_sub(self.types.len())?))
    }

    pub(super) fn targets(&'static self, place: usize) -> &'static [&'static Kind] {
        self.references
            .get(place)
            .map_or(&[], |references| references.kinds.as_slice())
    }
}

impl References {
    fn new(names: &'static str) -> Self {
        let find = move || names.split('|').filter_map(Kind::by_name).collect();
        Self {
            names,
            kinds: LazyLock::new(Box::new(find)),
        }
    }
}

impl std::fmt::Debug for References {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.names)
    }
}

impl Block {
    fn name(&self) -> &'static str {
        self.heading.get(1).copied().unwrap_or_default()
    }

    fn choices(&self) -> (&'static str, Vec<&'static str>) {
        let values = self.lines.iter().flat_map(|line| line.split('|'));
        let values = values.map(str::trim).filter(|value| !value.is_empty());
        (self.name(), values.collect())
    }

    fn class(&self, names: &mut Names) -> Class {
        let words = self.lines.iter().filter(|line| !is_rule(line));
        let words = words.flat_map(|line| line.split_whitespace());
        Class {
            name: self.name(),
            members: words.filter_map(|word| member(word, names)).collect(),
        }
    }

    fn kind(&self, index: usize, names: &mut Names) -> Option<Kind> {
        let [_, name, path, sort, operations, root @ ..] = self.heading.as_slice() else {
            return None;
        };
        let rules = |word: &'static str| {
            self.lines
                .iter()
                .filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '))
        };
        let sort = match *sort {
            "list" => Sort::List,
            "transaction" => Sort::Transaction,
            _ => Sort::Supporting,
        };
        Some(Kind {
            index,
            name,
            path,
            root: root.first().unwrap_or(name),
            sort,
            operations,
            class: self.class(names),
            needs_any_of: rules("any")
                .map(|rule| rule.split_whitespace().collect())
                .collect(),
            needs_by: rules("by").next().and_then(needs_by),
            start: rules("start").next().map(start).unwrap_or_default(),
        })
    }
}

fn blocks(text: &'static str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("  "), blocks.last_mut()) {
            (Some(line), Some(block)) => block.lines.push(line),
            _ if line.trim().is_empty() => {}
            _ => blocks.push(Block {
                heading: line.split_whitespace().collect(),
                lines: Vec::new(),
            }),
        }
    }
    blocks
}

fn is_rule(line: &str) -> bool {
    ["any ", "by ", "start "]
        .iter()
        .any(|rule| line.starts_with(rule))
}

fn needs_by(rule: &'static str) -> Option<NeedsBy> {
    let words: Vec<&'static str> = rule.split_whitespace().collect();
    let (member, cases) = words.split_first()?;
    let cases = cases.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    Some(NeedsBy {
        member,
        cases: cases.collect(),
    })
}

fn start(rule: &'static str) -> Vec<(&'static str, Value)> {
    let members: Map<String, Value> = serde_json::from_str(rule).unwrap_or_default();
    let named = |(name, value): (String, Value)| Some((own(rule, &name)?, value));
    members.into_iter().filter_map(named).collect()
}

/// The part of `text` that reads `name`.
fn own(text: &'static str, name: &str) -> Option<&'static str> {
    let start = text.find(&format!("\"{name}\""))? + 1;
    text.get(start..start + name.len())
}

/// `NAME:TYPE` and signs.
fn member(word: &'static str, names: &mut Names) -> Option<Member> {
    let (name, rest) = word.split_once(':')?;
    let (rest, longest) = match rest.split_once('#') {
        Some((rest, longest)) => (rest, longest.parse().ok()),
        None => (rest, None),
    };
    let (rest, fixed) = signed(rest, "^");
    let (rest, read_only) = signed(rest, "~");
    let (rest, required) = signed(rest, "!");
    let (kind, several) = signed(rest, "[]");
    Some(Member {
        name,
        shape: shape(kind, names)?,
        several,
        required,
        writable: !read_only,
        fixed,
        longest,
    })
}

fn signed(word: &'static str, sign: &str) -> (&'static str, bool) {
    word.strip_suffix(sign)
        .map_or((word, false), |word| (word, true))
}

fn shape(name: &'static str, names: &mut Names) -> Option<Shape> {
    if let Some(choice) = name.strip_prefix('=') {
        return Some(Shape::Choice(*names.choices.get(choice)?));
    }
    if name == "ref" || name.starts_with("ref>") {
        let targets = name.get("ref>".len()..).unwrap_or_default();
        return Some(Shape::Reference(names.reference(targets)));
    }
    Some(match name {
        "string" => Shape::Text,
        "masked" => Shape::Masked,
        "id" => Shape::Id,
        "boolean" => Shape::Flag,
        "money" => Shape::Money,
        "decimal" => Shape::Number,
        "integer" => Shape::Integer,
        "date" => Shape::Date,
        "datetime" => Shape::Time,
        "IntuitAnyType" => Shape::Any,
        class => Shape::Group(*names.classes.get(class)?),
    })
}

impl Names {
    fn reference(&mut self, targets: &'static str) -> usize {
        let known = self.references.iter().position(|known| *known == targets);
        known.unwrap_or_else(|| {
            self.references.push(targets);
            self.references.len() - 1
        })
    }
}
