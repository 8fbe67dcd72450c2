//! The `where` parameter.
//!
//! Owns the part of the vendor's filter language that clients use: comparisons of a field with a
//! literal, the text tests `Contains`, `StartsWith` and `EndsWith` with or without `ToLower()`,
//! joined by AND and OR. Anything else is refused, never guessed.

use rust_decimal::Decimal;
use serde_json::Value;

use super::money;

/// A parsed filter: alternatives, each of which is a list of tests that must all hold.
#[derive(Debug, Default)]
pub struct Filter {
    alternatives: Vec<Vec<Test>>,
}

#[derive(Debug)]
struct Test {
    /// Names from the outside in, such as `Contact`, `ContactID`.
    field: Vec<String>,
    lower: bool,
    compare: Compare,
    with: Literal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug)]
enum Literal {
    Text(String),
    Number(Decimal),
    Bool(bool),
    Null,
}

/// Operators, longer ones first.
const OPERATORS: &[(&str, Compare)] = &[
    ("==", Compare::Equal),
    ("!=", Compare::Unequal),
    ("<=", Compare::LessOrEqual),
    (">=", Compare::GreaterOrEqual),
    ("<", Compare::Less),
    (">", Compare::Greater),
    ("=", Compare::Equal),
];

/// Tests that are written as calls.
const CALLS: &[(&str, Compare)] = &[
    ("Contains", Compare::Contains),
    ("StartsWith", Compare::StartsWith),
    ("EndsWith", Compare::EndsWith),
];

impl Filter {
    /// Reads a filter; the empty text lets everything through. The error says where it stopped.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.trim() };
        if reader.rest.is_empty() {
            return Ok(Self::default());
        }
        let mut alternatives = vec![vec![reader.test()?]];
        while !reader.rest.is_empty() {
            if reader.takes("&&") || reader.takes_word("AND") {
                let test = reader.test()?;
                if let Some(all) = alternatives.last_mut() {
                    all.push(test);
                }
            } else if reader.takes("||") || reader.takes_word("OR") {
                alternatives.push(vec![reader.test()?]);
            } else {
                return Err(reader.stuck());
            }
        }
        Ok(Self { alternatives })
    }

    /// Whether a record in the vendor's shape passes.
    pub fn matches(&self, record: &Value) -> bool {
        self.alternatives.is_empty()
            || self.alternatives.iter().any(|all| all.iter().all(|test| test.holds(record)))
    }

    /// The text that a field must equal for any record to pass, if there is one: a way to an index.
    pub fn equals(&self, field: &str) -> Option<&str> {
        let [all] = self.alternatives.as_slice() else { return None };
        all.iter().find_map(|test| match &test.with {
            Literal::Text(text)
                if test.field == [field] && !test.lower && test.compare == Compare::Equal =>
            {
                Some(text.as_str())
            }
            _ => None,
        })
    }
}

impl Test {
    fn holds(&self, record: &Value) -> bool {
        let value = self.field.iter().try_fold(record, |value, name| value.get(name));
        let value = value.unwrap_or(&Value::Null);
        match &self.with {
            Literal::Null => value.is_null() == (self.compare == Compare::Equal),
            Literal::Bool(wanted) => {
                (value.as_bool() == Some(*wanted)) == (self.compare == Compare::Equal)
            }
            Literal::Number(wanted) => {
                money::read(value).is_some_and(|number| self.ordered(number.cmp(wanted)))
            }
            Literal::Text(wanted) => {
                let Some(text) = value.as_str() else { return self.compare == Compare::Unequal };
                let lowered = self.lower.then(|| text.to_lowercase());
                let text = lowered.as_deref().unwrap_or(text);
                match self.compare {
                    Compare::Contains => text.contains(wanted.as_str()),
                    Compare::StartsWith => text.starts_with(wanted.as_str()),
                    Compare::EndsWith => text.ends_with(wanted.as_str()),
                    _ => self.ordered(text.cmp(wanted.as_str())),
                }
            }
        }
    }

    fn ordered(&self, order: std::cmp::Ordering) -> bool {
        match self.compare {
            Compare::Equal => order.is_eq(),
            Compare::Unequal => order.is_ne(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
            Compare::Contains | Compare::StartsWith | Compare::EndsWith => false,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn test(&mut self) -> Result<Test, String> {
        let mut field = vec![self.name()?.to_owned()];
        let mut lower = false;
        while self.takes(".") {
            let name = self.name()?;
            if let Some(&(_, compare)) = CALLS.iter().find(|(call, _)| *call == name) {
                self.expect("(")?;
                let with = self.literal()?;
                self.expect(")")?;
                if !matches!(with, Literal::Text(_)) {
                    return Err(format!("{name} takes a text"));
                }
                return Ok(Test { field, lower, compare, with });
            }
            if name == "ToLower" {
                self.expect("(")?;
                self.expect(")")?;
                lower = true;
            } else {
                field.push(name.to_owned());
            }
        }
        let found = OPERATORS.iter().find(|(operator, _)| self.rest.starts_with(operator));
        let &(operator, compare) = found.ok_or_else(|| self.stuck())?;
        self.expect(operator)?;
        let with = self.literal()?;
        let equality = matches!(compare, Compare::Equal | Compare::Unequal);
        if matches!(with, Literal::Null | Literal::Bool(_)) && !equality {
            return Err(format!("{operator} does not fit this literal"));
        }
        Ok(Test { field, lower, compare, with })
    }

    fn literal(&mut self) -> Result<Literal, String> {
        if let Some(rest) = self.rest.strip_prefix('"') {
            let mut text = String::new();
            let mut chars = rest.char_indices();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        self.rest = rest[at + 1..].trim_start();
                        return Ok(Literal::Text(text));
                    }
                    '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                    c => text.push(c),
                }
            }
            return Err("a text has no end".to_owned());
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "-.".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if word.eq_ignore_ascii_case("guid") {
            self.rest = rest;
            self.expect("(")?;
            let id = self.literal()?;
            self.expect(")")?;
            return Ok(id);
        }
        let literal = match word {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            number => Literal::Number(number.parse().map_err(|_| self.stuck())?),
        };
        self.rest = rest.trim_start();
        Ok(literal)
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(self.stuck());
        }
        self.rest = rest.trim_start();
        Ok(name)
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(self.stuck()) }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let Some((head, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        if !head.eq_ignore_ascii_case(word) || !rest.starts_with(char::is_whitespace) {
            return false;
        }
        self.rest = rest.trim_start();
        true
    }

    fn stuck(&self) -> String {
        format!("the filter cannot be read from `{}` on", self.rest)
    }
}
