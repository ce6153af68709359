//! A document as a tree of elements, names without their prefixes.
//!
//! Entities other than the five of XML are no concern of this API: a document that uses one is refused, and so is one
//! that nests deeper than any entity does.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How deep elements may nest.
const DEEPEST: usize = 40;

/// An element with all that is in it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    /// Without declarations of namespaces; names without prefixes.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// All text directly inside, joined.
    pub(super) text: String,
}

impl Element {
    /// The root of a document; none if it is not well-formed.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < DEEPEST => open.push(Self::begin(&start)?),
                Event::Start(_) => return None,
                Event::Empty(start) => place(Self::begin(&start)?, &mut open, &mut root)?,
                Event::End(_) => place(open.pop()?, &mut open, &mut root)?,
                Event::Text(text) => write(&mut open, &text.xml10_content()),
                Event::CData(text) => write(&mut open, &text.xml10_content()),
                Event::GeneralRef(reference) => write(&mut open, &resolved(&reference)?),
                Event::Eof => break,
                _ => {}
            }
        }
        root.filter(|_| open.is_empty())
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn begin(start: &BytesStart<'_>) -> Option<Self> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            let name = attribute.key.local_name().as_ref().to_owned();
            attributes.push((name, value.into_owned()));
        }
        Some(Self {
            name: start.local_name().as_ref().to_owned(),
            attributes,
            ..Self::default()
        })
    }
}

/// Puts a finished element where it belongs; none if there was a root before.
fn place(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Option<()> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return None,
    }
    Some(())
}

fn write(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    let name = reference.xml10_content();
    quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_declarations_and_entities_are_seen_through() {
        let body = br#"<?xml version="1.0"?><!-- x --><ns0:Term xmlns:ns0="u" ns0:sparse="true">
            <ns0:Name>A &amp; &#66;<![CDATA[<]]></ns0:Name><Empty/></ns0:Term>"#;
        let root = Element::parse(body).unwrap();
        assert_eq!(
            (root.name.as_str(), root.attribute("sparse")),
            ("Term", Some("true"))
        );
        assert_eq!(root.attributes.len(), 1);
        assert_eq!(root.children[0].text, "A & B<");
        assert_eq!(root.children[1].name, "Empty");
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let deep = "<a>".repeat(50) + &"</a>".repeat(50);
        for body in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a>&b;</a>",
            "<a b=c/>",
            &deep,
        ] {
            assert_eq!(Element::parse(body.as_bytes()), None, "{body}");
        }
    }
}
