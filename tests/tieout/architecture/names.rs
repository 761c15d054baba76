//! What a source file names: every path it writes, as seen from the crate's root.

use syn::buffer::{Cursor, TokenBuffer};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, ItemExternCrate, ItemMod, ItemUse, Macro, Meta, Path, UseTree};

/// The paths, macros and attributes of one file.
#[derive(Default)]
pub struct Names {
    /// `std::fs::read`, `crate::store::Store`: as written, with `self`, `super` and the crate's own name resolved.
    pub paths: Vec<String>,
    /// Names of called macros and of attributes, as written.
    pub macros: Vec<String>,
    pub attributes: Vec<String>,
    /// The module the visitor stands in.
    module: Vec<String>,
}

impl Names {
    /// Reads a file that stands at `path` below `src`, like `audit/rules/mod.rs`.
    pub fn of(path: &str, text: &str) -> Names {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path} is no Rust file: {error}"));
        let stem = path.strip_suffix(".rs").unwrap_or(path);
        let parts = stem.split('/').filter(|part| !["mod", "lib", "main"].contains(part));
        let mut names = Names { module: parts.map(str::to_owned).collect(), ..Names::default() };
        names.visit_file(&file);
        names
    }

    fn add(&mut self, segments: &[String]) {
        let mut module = self.module.clone();
        let mut rest = segments;
        let mut local = false;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" | "tieout" => module.clear(),
                "self" => {}
                "super" => {
                    module.pop();
                }
                _ => break,
            }
            (local, rest) = (true, after);
        }
        let root = if local { vec!["crate".to_owned()] } else { Vec::new() };
        let module = if local { module } else { Vec::new() };
        self.paths.push([root, module, rest.to_vec()].concat().join("::"));
    }

    fn add_tree(&mut self, tree: &UseTree, prefix: &[String]) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&path.tree, &with(&path.ident)),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(name) => self.add(&with(&name.ident)),
            UseTree::Glob(_) => self.add(&[prefix, &["*".to_owned()]].concat()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, prefix)),
        }
    }

    /// Paths of at least two names in the tokens of a macro, which syn leaves unparsed.
    fn add_tokens(&mut self, mut cursor: Cursor<'_>) {
        while !cursor.eof() {
            if let Some((inside, _, _, after)) = cursor.any_group() {
                self.add_tokens(inside);
                cursor = after;
            } else if let Some((first, after)) = cursor.ident() {
                let mut segments = vec![first.to_string()];
                cursor = after;
                while let Some((next, after)) = double_colon(cursor).and_then(|cursor| cursor.ident()) {
                    segments.push(next.to_string());
                    cursor = after;
                }
                if segments.len() > 1 {
                    self.add(&segments);
                }
            } else {
                cursor = cursor.token_tree().map_or(cursor, |(_, after)| after);
            }
        }
    }
}

fn double_colon(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let (first, cursor) = cursor.punct()?;
    let (second, cursor) = cursor.punct()?;
    (first.as_char() == ':' && second.as_char() == ':').then_some(cursor)
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_tree(&item.tree, &[]);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        self.add(&[item.ident.to_string()]);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.macros.extend(called.path.segments.last().map(|segment| segment.ident.to_string()));
        self.add_tokens(TokenBuffer::new2(called.tokens.clone()).begin());
        visit::visit_macro(self, called);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.add_meta(&attribute.meta);
        visit::visit_attribute(self, attribute);
    }
}

impl Names {
    fn add_meta(&mut self, meta: &Meta) {
        self.attributes.extend(meta.path().segments.last().map(|segment| segment.ident.to_string()));
        let Meta::List(list) = meta else { return };
        self.add_tokens(TokenBuffer::new2(list.tokens.clone()).begin());
        if meta.path().is_ident("cfg_attr")
            && let Ok(parts) = list.parse_args_with(Punctuated::<Meta, syn::Token![,]>::parse_terminated)
        {
            parts.iter().skip(1).for_each(|part| self.add_meta(part));
        }
    }
}
