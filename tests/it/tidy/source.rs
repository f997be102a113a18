//! Reads the source of a crate as the compiler sees it: which file uses what of which other file.
//!
//! Modules are followed from the root by their `mod` declarations. A path is resolved through re-exports to the file that defines the thing,
//! so that a file that takes a sibling's type from its parent uses the sibling. What stands in macros and in attributes counts as well.
//! Code for tests (`#[cfg(test)]`) inside a file of production does not count; whole files of tests are marked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The segments of a path.
type Segments = Vec<String>;

/// A crate.
pub(super) struct Source {
    files: Vec<File>,
    /// Which file a module is written in.
    modules: BTreeMap<Segments, usize>,
}

/// A file of a crate.
pub(super) struct File {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its module, from the root of the crate; empty for the root itself.
    pub(super) module: Segments,
    /// Whether all of it is for tests.
    pub(super) is_test: bool,
    /// Whether something in it is asynchronous.
    pub(super) is_async: bool,
    /// Paths into other crates, for example `std::fs::read`.
    pub(super) externals: BTreeSet<String>,
    /// Paths within the crate, from its root, as written.
    uses: BTreeSet<Segments>,
    /// Names that its `use` declarations bring in, in each module that is written in it.
    names: BTreeMap<(Segments, String), Segments>,
    /// Modules from which everything is brought in.
    globs: Vec<(Segments, Segments)>,
}

impl Source {
    /// Reads crates from their root files. Their modules are taken together, as if they were of one crate: the first makes the others' known
    /// under their own names.
    pub(super) fn read(roots: &[&Path]) -> Self {
        let mut source = Self { files: Vec::new(), modules: BTreeMap::new() };
        for root in roots {
            source.read_file((*root).to_owned(), &[], root.parent().expect("a directory"), false);
        }
        source
    }

    /// Its files.
    pub(super) fn files(&self) -> &[File] {
        &self.files
    }

    /// The files that a file uses.
    pub(super) fn used_by(&self, file: &File) -> BTreeSet<usize> {
        let own = self.files.iter().position(|known| std::ptr::eq(known, file)).expect("a file of this source");
        file.uses.iter().filter_map(|path| self.defined_in(path, 0)).filter(|used| *used != own).collect()
    }

    /// The file that defines a path, through re-exports; `None` for the root, which defines nothing.
    fn defined_in(&self, path: &[String], depth: usize) -> Option<usize> {
        let mut at = 0;
        while at < path.len() && self.modules.contains_key(&path[..=at]) {
            at += 1;
        }
        let module = &path[..at];
        let file = *self.modules.get(module)?;
        let Some(name) = path.get(at) else { return (at > 0).then_some(file) };
        assert!(depth < 32, "{} leads in a circle of re-exports", path.join("::"));
        let rest = &path[at + 1..];
        if let Some(target) = self.files[file].names.get(&(module.to_vec(), name.clone())).filter(|target| target.as_slice() != path) {
            return self.defined_in(&[target.as_slice(), rest].concat(), depth + 1);
        }
        let globs = self.files[file].globs.iter().filter(|(within, _)| within == module);
        let through = globs.filter(|(_, from)| self.names_of(from).any(|known| known == name));
        match through.map(|(_, from)| from).next() {
            Some(from) => self.defined_in(&[from.as_slice(), std::slice::from_ref(name), rest].concat(), depth + 1),
            None => (at > 0).then_some(file),
        }
    }

    fn names_of<'a>(&'a self, module: &'a [String]) -> impl Iterator<Item = &'a String> {
        let file = self.modules.get(module).map(|file| &self.files[*file]);
        file.into_iter().flat_map(move |file| file.names.keys().filter(move |(within, _)| within == module).map(|(_, name)| name))
    }

    fn read_file(&mut self, path: PathBuf, module: &[String], children: &Path, is_test: bool) {
        let text = fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let mut reader = Reader {
            module: module.to_vec(),
            declared: BTreeSet::new(),
            file: File {
                path,
                module: module.to_vec(),
                is_test,
                is_async: false,
                externals: BTreeSet::new(),
                uses: BTreeSet::new(),
                names: BTreeMap::new(),
                globs: Vec::new(),
            },
            inline: Vec::new(),
            outside: Vec::new(),
        };
        reader.declare(&parsed.items);
        reader.visit_file(&parsed);
        let Reader { file, inline, outside, .. } = reader;
        self.modules.insert(module.to_vec(), self.files.len());
        self.modules.extend(inline.into_iter().map(|inline| (inline, self.files.len())));
        self.files.push(file);
        for (name, of_tests) in outside {
            let [flat, nested] = [children.join(format!("{name}.rs")), children.join(&name).join("mod.rs")];
            let path = if flat.exists() { flat } else { nested };
            let module = [module, std::slice::from_ref(&name)].concat();
            self.read_file(path, &module, &children.join(&name), is_test || of_tests);
        }
    }

    /// Every circle of files in which each uses the next, as a list of their paths.
    pub(super) fn circles(&self) -> Vec<Vec<PathBuf>> {
        let edges: Vec<BTreeSet<usize>> = self.files.iter().map(|file| self.used_by(file)).collect();
        let reach = |from: usize| {
            let mut seen = BTreeSet::new();
            let mut open: Vec<usize> = edges[from].iter().copied().collect();
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(&edges[next]);
                }
            }
            seen
        };
        let reach: Vec<BTreeSet<usize>> = (0..self.files.len()).map(reach).collect();
        let mut circles = Vec::new();
        let mut told = BTreeSet::<usize>::new();
        for at in 0..self.files.len() {
            if reach[at].contains(&at) && !told.contains(&at) {
                let circle: Vec<usize> = reach[at].iter().copied().filter(|other| reach[*other].contains(&at)).collect();
                told.extend(&circle);
                circles.push(circle.into_iter().map(|file| self.files[file].path.clone()).collect());
            }
        }
        circles
    }
}

/// Walks through one file.
struct Reader {
    /// The module at the present place.
    module: Segments,
    /// Modules that are declared in this file: their names begin paths.
    declared: BTreeSet<Segments>,
    file: File,
    /// Modules written in this file.
    inline: Vec<Segments>,
    /// Modules declared here and written elsewhere, and whether they are for tests.
    outside: Vec<(String, bool)>,
}

impl Reader {
    fn declare(&mut self, items: &[Item]) {
        for item in items {
            let Item::Mod(child) = item else { continue };
            let mut path = self.module.clone();
            path.push(child.ident.to_string());
            self.declared.insert(path.clone());
            if let Some((_, items)) = &child.content {
                let outer = std::mem::replace(&mut self.module, path);
                self.declare(items);
                self.module = outer;
            }
        }
    }

    /// Takes in a path as written at the present place.
    fn see(&mut self, path: &[String]) {
        match self.absolute(path) {
            Some(inside) if inside.is_empty() => {}
            Some(inside) => drop(self.file.uses.insert(inside)),
            None if path.len() > 1 => drop(self.file.externals.insert(path.join("::"))),
            None => {}
        }
    }

    /// The path from the root of the crate; `None` for one that leads to another crate or to a name of this file.
    fn absolute(&self, path: &[String]) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" | "$crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            _ => {
                let child = [self.module.as_slice(), std::slice::from_ref(first)].concat();
                return self.declared.contains(&child).then(|| [child.as_slice(), rest].concat());
            }
        };
        let mut rest = rest;
        while let Some((first, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
            debug_assert_eq!(first, "super");
            from.pop();
            rest = after;
        }
        Some([from.as_slice(), rest].concat())
    }

    fn bring_in(&mut self, tree: &UseTree, before: &[String]) {
        match tree {
            UseTree::Path(path) => self.bring_in(&path.tree, &[before, &[path.ident.to_string()]].concat()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.bring_in(tree, before)),
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let path = if name == "self" { before.to_vec() } else { [before, std::slice::from_ref(&name)].concat() };
                let known_as = path.last().cloned().unwrap_or_default();
                self.bring_in_name(&path, known_as);
            }
            UseTree::Rename(rename) => {
                let path = [before, &[rename.ident.to_string()]].concat();
                self.bring_in_name(&path, rename.rename.to_string());
            }
            UseTree::Glob(_) => {
                self.see_import(before);
                if let Some(from) = self.absolute(before) {
                    self.file.globs.push((self.module.clone(), from));
                }
            }
        }
    }

    fn bring_in_name(&mut self, path: &[String], known_as: String) {
        self.see_import(path);
        if let Some(target) = self.absolute(path) {
            self.file.names.insert((self.module.clone(), known_as), target);
        }
    }

    /// A module that makes names of its own children known does not depend on them by that.
    fn see_import(&mut self, path: &[String]) {
        if self.absolute(path).is_none_or(|target| !target.starts_with(&self.module) || self.module.is_empty()) {
            self.see(path);
        }
    }

    /// Paths in the arguments of a macro or an attribute, where there is no syntax to rely on.
    fn see_tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path);
                    self.see_tokens(group.stream());
                }
                TokenTree::Literal(literal) => {
                    self.end_path(&mut path);
                    let text = literal.to_string();
                    let text = text.trim_matches('"');
                    if text.starts_with("crate::") || text.starts_with("super::") {
                        self.see(&text.split("::").map(str::to_owned).collect::<Vec<_>>());
                    }
                }
                TokenTree::Punct(_) => self.end_path(&mut path),
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Segments) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.see(&path);
        }
    }
}

/// Whether it is there for tests only.
fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Const(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Type(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &Vec::new(),
        };
        let of_tests = for_tests(attributes);
        if let Item::Mod(child) = item {
            let Some((_, items)) = &child.content else {
                assert!(!attributes.iter().any(|attribute| attribute.path().is_ident("path")), "{}: no #[path]", self.file.path.display());
                self.outside.push((child.ident.to_string(), of_tests));
                return;
            };
            if of_tests && !self.file.is_test {
                return;
            }
            self.module.push(child.ident.to_string());
            self.inline.push(self.module.clone());
            for item in items {
                self.visit_item(item);
            }
            self.module.pop();
        } else if !of_tests || self.file.is_test {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !for_tests(&function.attrs) || self.file.is_test {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.bring_in(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.see(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.see_tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.see_tokens(list.tokens.clone());
        }
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.file.is_async |= signature.asyncness.is_some();
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.file.is_async = true;
        visit::visit_expr_async(self, block);
    }
}
