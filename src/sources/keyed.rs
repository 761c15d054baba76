//! A query narrowed to the rows of some keys, in whatever SQL a source speaks.

/// `query` inside another one that keeps the rows whose cells are among the keys, and those with a cell that can only
/// be compared once it is cleaned: it may become any key.
///
/// `comparable` says of each column of the keys whether its cell can be compared as it is, and is never null;
/// `compared` is that cell, and `among` the keys as the right side of `in`. The keys must be in one statement: a row
/// that comes with any key would come with each of several.
pub(super) fn around(query: &str, comparable: &[String], compared: &[String], among: &str) -> String {
    let (comparable, compared) = (comparable.join(" and "), compared.join(", "));
    format!("select * from (\n{query}\n) as tieout where not ({comparable}) or ({compared}) in ({among})")
}
