//! The query language's grammar: text to statement, with the syntax errors of Intuit's generated parser.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::refusal::ServiceFault;

/// A query as it was written; nothing in it has been looked up yet.
#[derive(Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) what: What,
    pub(super) entity: String,
    /// All must hold.
    pub(super) conditions: Vec<Condition>,
    /// Property and whether descending.
    pub(super) order: Vec<(String, bool)>,
    pub(super) start: Option<u64>,
    pub(super) limit: Option<u64>,
}

#[derive(Debug, PartialEq)]
pub(super) enum What {
    All,
    Count,
    Columns(Vec<String>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) property: String,
    pub(super) operator: Operator,
    /// One, but for `IN`.
    pub(super) values: Vec<Literal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    /// In no page of Intuit's, but in live tests of a client library.
    Differs,
    Less,
    Greater,
    AtMost,
    AtLeast,
    In,
    Like,
}

#[derive(Debug, PartialEq)]
pub(super) enum Literal {
    /// In quotes, which are gone.
    Text(String),
    /// A number, `true` or `false`.
    Bare(String),
}

/// Parses a whole query. `doubled_quotes` says whether a quote in a text may also be written twice.
pub(super) fn statement(text: &str, doubled_quotes: bool) -> Result<Statement, ServiceFault> {
    let mut parser = Parser {
        tokens: Lexer::new(text, doubled_quotes).tokens()?,
        next: 0,
    };
    let statement = parser.statement()?;
    if parser.peek().kind != Kind::End {
        return Err(parser.unexpected());
    }
    Ok(statement)
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    kind: Kind,
    /// As written, but for strings, which are without quotes and escapes.
    text: String,
    line: usize,
    column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name, dotted or not, or a keyword: which one, its place decides.
    Word,
    Text,
    Number,
    Symbol,
    End,
}

struct Parser {
    /// Ends with `Kind::End`, which is never consumed.
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn statement(&mut self) -> Result<Statement, ServiceFault> {
        self.expect_word("select")?;
        let what = self.what()?;
        self.expect_word("from")?;
        let entity = self.name()?;
        let conditions = if self.take_word("where") {
            self.conditions()?
        } else {
            Vec::new()
        };
        let order = if self.take_order() {
            self.order()?
        } else {
            Vec::new()
        };
        let mut statement = Statement {
            what,
            entity,
            conditions,
            order,
            start: None,
            limit: None,
        };
        loop {
            if statement.start.is_none() && self.take_word("startposition") {
                statement.start = Some(self.number()?);
            } else if statement.limit.is_none() && self.take_word("maxresults") {
                statement.limit = Some(self.number()?);
            } else {
                return Ok(statement);
            }
        }
    }

    fn what(&mut self) -> Result<What, ServiceFault> {
        if self.take_symbol("*") {
            // `*, Sku` asks for nothing more: everything there is comes anyway.
            while self.take_symbol(",") {
                self.name()?;
            }
            return Ok(What::All);
        }
        let first = self.name()?;
        if first.eq_ignore_ascii_case("count") && self.take_symbol("(") {
            self.expect_symbol("*")?;
            self.expect_symbol(")")?;
            return Ok(What::Count);
        }
        let mut columns = vec![first];
        while self.take_symbol(",") {
            columns.push(self.name()?);
        }
        Ok(What::Columns(columns))
    }

    fn conditions(&mut self) -> Result<Vec<Condition>, ServiceFault> {
        let mut conditions = vec![self.condition()?];
        while self.take_word("and") {
            conditions.push(self.condition()?);
        }
        Ok(conditions)
    }

    fn condition(&mut self) -> Result<Condition, ServiceFault> {
        let property = self.name()?;
        let operator = self.operator()?;
        let values = if operator == Operator::In {
            self.list()?
        } else {
            vec![self.literal()?]
        };
        Ok(Condition {
            property,
            operator,
            values,
        })
    }

    fn operator(&mut self) -> Result<Operator, ServiceFault> {
        let token = self.peek();
        let operator = match (token.kind, token.text.to_lowercase().as_str()) {
            (Kind::Symbol, "=") => Operator::Equal,
            (Kind::Symbol, "!=") => Operator::Differs,
            (Kind::Symbol, "<") => Operator::Less,
            (Kind::Symbol, ">") => Operator::Greater,
            (Kind::Symbol, "<=") => Operator::AtMost,
            (Kind::Symbol, ">=") => Operator::AtLeast,
            (Kind::Word, "in") => Operator::In,
            (Kind::Word, "like") => Operator::Like,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(operator)
    }

    fn list(&mut self) -> Result<Vec<Literal>, ServiceFault> {
        self.expect_symbol("(")?;
        let mut values = vec![self.literal()?];
        while self.take_symbol(",") {
            values.push(self.literal()?);
        }
        self.expect_symbol(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, ServiceFault> {
        let token = self.peek();
        let text = token.text.clone();
        let literal = match token.kind {
            Kind::Text => Literal::Text(text),
            Kind::Number => Literal::Bare(text),
            Kind::Word if ["true", "false"].contains(&text.to_lowercase().as_str()) => {
                Literal::Bare(text)
            }
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(literal)
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, ServiceFault> {
        let mut order = Vec::new();
        loop {
            let property = self.name()?;
            let descending = self.take_word("desc");
            if !descending {
                self.take_word("asc");
            }
            order.push((property, descending));
            if !self.take_symbol(",") {
                return Ok(order);
            }
        }
    }

    /// Both spellings are in use, the one word and the two.
    fn take_order(&mut self) -> bool {
        if self.take_word("orderby") {
            return true;
        }
        let is_by = self
            .tokens
            .get(self.next + 1)
            .is_some_and(|token| token.is_word("by"));
        if !self.peek().is_word("order") || !is_by {
            return false;
        }
        self.next += 2;
        true
    }

    fn name(&mut self) -> Result<String, ServiceFault> {
        let token = self.peek();
        if token.kind != Kind::Word {
            return Err(self.unexpected());
        }
        let name = token.text.clone();
        self.next += 1;
        Ok(name)
    }

    fn number(&mut self) -> Result<u64, ServiceFault> {
        let token = self.peek();
        let Ok(number) = token.text.parse() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        Ok(number)
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_word(word);
        self.next += usize::from(found);
        found
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let token = self.peek();
        let found = token.kind == Kind::Symbol && token.text == symbol;
        self.next += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), ServiceFault> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), ServiceFault> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> ServiceFault {
        ServiceFault::query_syntax(&self.peek().complaint())
    }
}

impl Token {
    fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// As recorded: `Encountered " <IDENTIFIER> "TxnDate "" at line 1, column 29.`
    fn complaint(&self) -> String {
        let Self {
            text, line, column, ..
        } = self;
        let what = match self.kind {
            Kind::Word => format!(" <IDENTIFIER> \"{text} \""),
            Kind::Text => format!(" <STRING> \"'{text}' \""),
            Kind::Number => format!(" <NUMBER> \"{text} \""),
            Kind::Symbol => format!(" \"{text}\" \"{text} \""),
            Kind::End => "<EOF>".to_owned(),
        };
        format!("Encountered \"{what}\" at line {line}, column {column}.")
    }
}

struct Lexer<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    line: usize,
    column: usize,
    doubled_quotes: bool,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, doubled_quotes: bool) -> Self {
        Self {
            text,
            doubled_quotes,
            chars: text.char_indices().peekable(),
            line: 1,
            column: 1,
        }
    }

    fn tokens(mut self) -> Result<Vec<Token>, ServiceFault> {
        let mut tokens = Vec::new();
        loop {
            self.take_while(char::is_whitespace);
            let (line, column) = (self.line, self.column);
            let (kind, text) = self.token()?;
            tokens.push(Token {
                kind,
                text,
                line,
                column,
            });
            if kind == Kind::End {
                return Ok(tokens);
            }
        }
    }

    fn token(&mut self) -> Result<(Kind, String), ServiceFault> {
        let Some(&(start, first)) = self.chars.peek() else {
            return Ok((Kind::End, String::new()));
        };
        match first {
            '\'' => Ok((Kind::Text, self.string()?)),
            '!' if self.text[start..].starts_with("!=") => {
                self.advance();
                self.advance();
                Ok((Kind::Symbol, "!=".to_owned()))
            }
            '<' | '>' => {
                self.advance();
                let length = 1 + usize::from(self.take_while_at_most(1, |next| next == '=') == 1);
                Ok((Kind::Symbol, self.text[start..start + length].to_owned()))
            }
            '=' | '(' | ')' | ',' | '*' => {
                self.advance();
                Ok((Kind::Symbol, first.to_string()))
            }
            '-' | '0'..='9' => {
                let length =
                    self.take_while(|next| next == '-' || next == '.' || next.is_ascii_digit());
                Ok((Kind::Number, self.text[start..start + length].to_owned()))
            }
            _ if first.is_alphabetic() || first == '_' => {
                let length =
                    self.take_while(|next| next == '_' || next == '.' || next.is_alphanumeric());
                Ok((Kind::Word, self.text[start..start + length].to_owned()))
            }
            _ => Err(self.lexical_error()),
        }
    }

    /// A string in single quotes, in which a backslash makes the next character stand for itself.
    fn string(&mut self) -> Result<String, ServiceFault> {
        self.advance();
        let mut string = String::new();
        loop {
            match self.advance() {
                Some('\'') if self.doubled_quotes && self.is_next('\'') => {
                    string.extend(self.advance());
                }
                Some('\'') => return Ok(string),
                Some('\\') => string.extend(self.advance()),
                Some(other) => string.push(other),
                None => return Err(self.lexical_error()),
            }
        }
    }

    fn is_next(&mut self, wanted: char) -> bool {
        self.chars.peek().is_some_and(|(_, next)| *next == wanted)
    }

    fn advance(&mut self) -> Option<char> {
        let (_, taken) = self.chars.next()?;
        if taken == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(taken)
    }

    /// Bytes taken.
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> usize {
        self.take_while_at_most(usize::MAX, wanted)
    }

    fn take_while_at_most(&mut self, limit: usize, wanted: impl Fn(char) -> bool) -> usize {
        let mut length = 0;
        while length < limit
            && let Some(&(_, next)) = self.chars.peek()
            && wanted(next)
        {
            length += next.len_utf8();
            self.advance();
        }
        length
    }

    fn lexical_error(&mut self) -> ServiceFault {
        let found = match self.chars.peek() {
            Some((_, found)) => format!("\"{found}\" ({})", u32::from(*found)),
            None => "<EOF>".to_owned(),
        };
        let (line, column) = (self.line, self.column);
        let reason = format!(
            "Lexical error at line {line}, column {column}.  Encountered: {found} after : \"\""
        );
        ServiceFault::query_syntax(&reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> Result<Statement, ServiceFault> {
        super::statement(text, false)
    }

    #[test]
    fn what_clients_are_seen_to_write_is_understood() {
        assert_eq!(
            statement("SELECT *, Sku FROM Item").unwrap().what,
            What::All
        );
        let parsed = statement("select * from A where B != 'x'").unwrap();
        assert_eq!(parsed.conditions[0].operator, Operator::Differs);
        assert!(statement("select * from A where B ! 'x'").is_err());
    }

    #[test]
    fn quotes_may_be_doubled_where_that_is_set() {
        let text = "select * from A where B = 'it''s'";
        assert!(statement(text).is_err());
        let parsed = super::statement(text, true).unwrap();
        assert_eq!(parsed.conditions[0].values, [Literal::Text("it's".into())]);
        assert!(super::statement("select * from A where B = ''", true).is_ok());
    }
    use crate::random::Dice;

    #[test]
    fn reads_all_clauses() {
        let text = r"SELECT Id, MetaData.CreateTime FROM Employee WHERE Active IN (true, false) AND Name LIKE 'O\'%' AND N >= -1.5
            ORDERBY A DESC, B STARTPOSITION 5 MAXRESULTS 10";
        let parsed = statement(text).unwrap();
        assert_eq!(
            parsed.what,
            What::Columns(vec!["Id".into(), "MetaData.CreateTime".into()])
        );
        assert_eq!(parsed.conditions[0].values.len(), 2);
        assert_eq!(parsed.conditions[1].values, [Literal::Text("O'%".into())]);
        assert_eq!(parsed.conditions[2].operator, Operator::AtLeast);
        assert_eq!(parsed.conditions[2].values, [Literal::Bare("-1.5".into())]);
        assert_eq!(parsed.order, [("A".into(), true), ("B".into(), false)]);
        assert_eq!((parsed.start, parsed.limit), (Some(5), Some(10)));
    }

    #[test]
    fn both_spellings_of_order_and_any_case() {
        for text in [
            "select * from A orderby B",
            "SELECT * FROM A ORDER BY B asc",
            "Select * From A Order By B",
        ] {
            assert_eq!(
                statement(text).unwrap().order,
                [("B".into(), false)],
                "{text}"
            );
        }
    }

    #[test]
    fn syntax_errors_say_what_was_met_and_where() {
        let detail = |text: &str| {
            let fault = statement(text).unwrap_err();
            assert_eq!((fault.code, fault.message), ("4000", "Error parsing query"));
            fault.detail
        };
        let expected =
            r#"QueryParserError: Encountered " <IDENTIFIER> "TxnDate "" at line 1, column 29."#;
        assert_eq!(detail("select *from Bill ORDERBY A TxnDate"), expected);
        let expected = r#"QueryParserError: Encountered "<EOF>" at line 1, column 14."#;
        assert_eq!(detail("select * from"), expected);
        assert!(
            detail("select * from A where B = '1' or C = '2'").contains(r#"<IDENTIFIER> "or ""#)
        );
        assert!(detail("select * from A where ()").contains(r#"" "(" "( """#));
        assert!(detail("select * from A where B = 'it''s'").contains(r#"<STRING> "'s' ""#));
        assert!(detail("select * from A where B = 'open").contains("<EOF>"));
        assert!(
            detail("select * from A where B # 1").contains("Lexical error at line 1, column 25")
        );
        assert!(detail("").contains("<EOF>"));
    }

    #[test]
    fn no_text_upsets_the_parser() {
        let parts = [
            "select",
            "*",
            "from",
            "where",
            "A.b",
            "in",
            "(",
            ")",
            ",",
            "'",
            "\\",
            "é",
            "1",
            "-",
            "<",
            "=",
            "like",
            "and",
            "order",
            "by",
            "maxresults",
            " ",
            "\n",
            "count",
            "#",
        ];
        let dice = Dice::new(1);
        for _ in 0..5000 {
            let length = dice.roll() % 12;
            let pick = |_| parts[usize::try_from(dice.roll() % 25).unwrap()];
            let text: Vec<&str> = (0..length).map(pick).collect();
            for text in [
                text.concat(),
                text.join(" "),
                format!("select * from A {}", text.join(" ")),
            ] {
                if let Err(fault) = statement(&text) {
                    assert_eq!(fault.code, "4000", "{text}");
                }
            }
        }
    }
}
