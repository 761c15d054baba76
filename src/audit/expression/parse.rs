//! From text to the syntax tree of sqlparser, with places counted in bytes.

use std::ops::Range;

use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::ExpressionFault;

/// The longest expression that is read, in bytes. A list of codes fits; a program does not.
pub const MAX_EXPRESSION_BYTES: usize = 32 * 1024;

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
        let tokens = self.tokens()?;
        let dialect = GenericDialect {};
        let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
        let expr = parser.parse_expr().map_err(|fault| self.unparsed(&fault))?;
        let next = parser.peek_token();
        if next.token == Token::EOF {
            return Ok(expr);
        }
        let sentence = format!("the expression is complete before `{}`", next.token);
        Err(self.refuse(self.range(next.span), sentence, "one expression".to_owned()))
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

    /// sqlparser tells the place only inside its sentence.
    fn unparsed(&self, fault: &ParserError) -> ExpressionFault {
        let text = match fault {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
            ParserError::RecursionLimitExceeded => "the expression is nested too deeply",
        };
        let (sentence, place) = match text.rsplit_once(" at Line: ") {
            Some((sentence, place)) => (sentence, location(place)),
            None => (text, None),
        };
        let at = place.map_or_else(|| self.whole(), |at| self.word_at(self.offset(at)));
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

    /// From `start` to the end of the word that begins there; the last byte where the text has ended.
    fn word_at(&self, start: usize) -> Range<usize> {
        let rest = &self.text[start..];
        if rest.is_empty() {
            let last = self.text.char_indices().next_back().map_or(0, |(at, _)| at);
            return last..self.text.len();
        }
        let word = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
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

fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
