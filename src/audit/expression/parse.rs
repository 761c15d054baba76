//! From text to the syntax tree of sqlparser, with places counted in bytes.

use std::ops::Range;

use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::ExpressionFault;

/// The longest expression that is read, in bytes. A list of codes fits; a program does not.
pub const MAX_EXPRESSION_BYTES: usize = 32 * 1024;

/// How deeply brackets, functions and cases may stand inside each other. sqlparser needs much stack for each level,
/// and expressions are read on threads that have little.
pub const MAX_EXPRESSION_NESTING: usize = 16;

/// An expression's text, able to turn sqlparser's lines and columns into byte ranges.
pub(super) struct Source<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
}

impl<'t> Source<'t> {
    pub fn new(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Source { text, line_starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The bytes a span covers; the whole text for a span sqlparser does not know.
    pub fn range(&self, span: Span) -> Range<usize> {
        if span == Span::empty() {
            return self.whole();
        }
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        start..end.max(start)
    }

    fn whole(&self) -> Range<usize> {
        0..self.text.len()
    }

    /// Lines and columns count from one, columns in characters.
    fn offset(&self, at: Location) -> usize {
        let line = usize::try_from(at.line.saturating_sub(1)).unwrap_or(usize::MAX);
        let column = usize::try_from(at.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(start) = self.line_starts.get(line) else {
            return self.text.len();
        };
        let rest = &self.text[*start..];
        start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }

    /// Reads the whole text as one expression.
    pub fn parse(&self) -> Result<Expr, ExpressionFault> {
        if self.text.len() > MAX_EXPRESSION_BYTES {
            let sentence = format!("the expression has {} bytes", self.text.len());
            return Err(self.refuse(self.whole(), sentence, format!("at most {MAX_EXPRESSION_BYTES} bytes")));
        }
        if self.text.trim().is_empty() {
            return Err(self.refuse(self.whole(), "the expression is empty".to_owned(), "an expression".to_owned()));
        }
        let tokens = self.tokens()?;
        let dialect = GenericDialect {};
        let mut parser =
            Parser::new(&dialect).with_recursion_limit(MAX_EXPRESSION_NESTING).with_tokens_with_locations(tokens);
        let expr = parser.parse_expr().map_err(|fault| self.unparsed(&fault))?;
        let next = parser.peek_token();
        if next.token == Token::EOF {
            return Ok(expr);
        }
        let at = self.range(next.span);
        // sqlparser takes the `case` of an unfinished case for a column, and stops behind it.
        let before = self.text[..at.start].trim_end();
        let word = before.rfind(|character: char| !is_word(character)).map_or(before, |at| &before[at..]);
        if word.trim_start_matches(|character| !is_word(character)).eq_ignore_ascii_case("case") {
            let accepted = "case when … then … else … end".to_owned();
            return Err(self.refuse(
                before.len() - "case".len()..at.end,
                "this `case` is not complete".to_owned(),
                accepted,
            ));
        }
        let sentence = format!("the expression is complete before `{}`", next.token);
        Err(self.refuse(at, sentence, "one expression".to_owned()))
    }

    /// The text's tokens. A comment is refused: in `a --1` it would swallow half of the meaning.
    fn tokens(&self) -> Result<Vec<TokenWithSpan>, ExpressionFault> {
        let dialect = GenericDialect {};
        let tokens = Tokenizer::new(&dialect, self.text).tokenize_with_location().map_err(|fault| {
            let start = self.offset(fault.location);
            ExpressionFault { at: start..self.text.len(), sentence: lower_first(&fault.message), accepted: None }
        })?;
        let comment = tokens.iter().find(|token| {
            let Token::Whitespace(space) = &token.token else { return false };
            matches!(space, Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_))
        });
        if let Some(comment) = comment {
            let sentence = "the expression contains a comment".to_owned();
            let accepted = "no comment; to take away a negative number, put it in brackets: a - (-1)".to_owned();
            return Err(self.refuse(self.range(comment.span), sentence, accepted));
        }
        Ok(tokens)
    }

    /// The parts that `and` joins at the top of a condition, as they are written; the whole where nothing does. An `and`
    /// that belongs to a `between`, stands in brackets or a `case`, or beside an `or`, joins no such parts.
    pub fn conjuncts(&self) -> Vec<&'t str> {
        let Ok(tokens) = self.tokens() else { return vec![self.text] };
        let (mut depth, mut betweens, mut start, mut parts) = (0, 0, 0, Vec::new());
        for token in &tokens {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::Word(word) => match word.keyword {
                    Keyword::CASE => depth += 1,
                    Keyword::END => depth -= 1,
                    Keyword::OR if depth == 0 => return vec![self.text],
                    Keyword::BETWEEN if depth == 0 => betweens += 1,
                    Keyword::AND if depth == 0 && betweens > 0 => betweens -= 1,
                    Keyword::AND if depth == 0 => {
                        let at = self.range(token.span);
                        parts.push(self.text[start..at.start].trim());
                        start = at.end;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        parts.push(self.text[start..].trim());
        parts
    }

    /// sqlparser tells the place only inside its sentence.
    fn unparsed(&self, fault: &ParserError) -> ExpressionFault {
        let text = match fault {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
            ParserError::RecursionLimitExceeded => {
                let accepted = format!("at most {MAX_EXPRESSION_NESTING} levels of brackets and functions");
                return self.refuse(self.whole(), "the expression is nested too deeply".to_owned(), accepted);
            }
        };
        let (sentence, place) = match text.rsplit_once(" at Line: ") {
            Some((sentence, place)) => (sentence, location(place)),
            None => (text, None),
        };
        let ended = || self.word_at(self.text.trim_end().len());
        let at = place.map_or_else(ended, |at| self.word_at(self.offset(at)));
        let Some((expected, found)) = sentence.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: "))
        else {
            return ExpressionFault { at, sentence: lower_first(sentence), accepted: None };
        };
        let sentence = match found {
            "EOF" => "the expression ends too early".to_owned(),
            found => format!("`{found}` cannot stand here"),
        };
        ExpressionFault { at, sentence, accepted: Some(expected.to_owned()) }
    }

    /// From `start` to the end of the word that begins there; the last character where nothing begins any more.
    fn word_at(&self, start: usize) -> Range<usize> {
        let rest = &self.text[start..];
        if rest.trim().is_empty() {
            let written = self.text.trim_end();
            let last = written.char_indices().next_back().map_or(0, |(at, _)| at);
            return last..written.len();
        }
        let word = rest.find(|character: char| !is_word(character));
        let one = rest.chars().next().map_or(0, char::len_utf8);
        start..start + word.unwrap_or(rest.len()).max(one)
    }

    fn refuse(&self, at: Range<usize>, sentence: String, accepted: String) -> ExpressionFault {
        ExpressionFault { at, sentence, accepted: Some(accepted) }
    }
}

/// Reads `1, Column: 7`.
fn location(text: &str) -> Option<Location> {
    let (line, column) = text.split_once(", Column: ")?;
    Some(Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
