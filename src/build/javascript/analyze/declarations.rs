//! `import` and `export`: read, and taken out of the text.

use super::{Binding, Export, Reader, RequestKind, Taken, Text};
use oxc::ast::ast::{
    Declaration, ExportDefaultDeclarationKind, ImportDeclarationSpecifier, ModuleExportName, Program,
    Statement,
};
use oxc::span::{GetSpan, Span};

impl Reader<'_> {
    /// Reads `import` and `export`, and takes them out of the text.
    pub(super) fn read_declarations(&mut self, program: &Program<'_>, stem: &str) {
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) => {
                    let request =
                        self.request(&import.source.value, RequestKind::Import, import.source.span.start);
                    for specifier in import.specifiers.iter().flatten() {
                        let taken = match specifier {
                            ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                                Taken::Name(specifier.imported.name().to_string())
                            }
                            ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => {
                                Taken::Name("default".into())
                            }
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => Taken::Namespace,
                        };
                        let place = specifier.local().symbol_id.get().and_then(|id| self.places.get(&id));
                        if let Some(binding) = place.and_then(|place| self.found.bindings.get_mut(*place)) {
                            binding.import = Some((request, taken));
                        }
                    }
                    self.remove(import.span);
                }
                Statement::ExportAllDeclaration(export) => {
                    let request =
                        self.request(&export.source.value, RequestKind::Import, export.source.span.start);
                    match &export.exported {
                        Some(name) => {
                            let export = Export::From(request, Taken::Namespace);
                            self.found.exports.insert(name.name().to_string(), export);
                        }
                        None => self.found.stars.push(request),
                    }
                    self.remove(export.span);
                }
                Statement::ExportFromDeclaration(export) => {
                    let request =
                        self.request(&export.source.value, RequestKind::Import, export.source.span.start);
                    for specifier in &export.specifiers {
                        let taken = Taken::Name(specifier.local.name().to_string());
                        let name = specifier.exported.name().to_string();
                        self.found.exports.insert(name, Export::From(request, taken));
                    }
                    self.remove(export.span);
                }
                Statement::ExportNamedDeclaration(export) => {
                    for specifier in &export.specifiers {
                        self.export(&specifier.local, specifier.exported.name().as_str());
                    }
                    self.remove(export.span);
                }
                Statement::ExportDeclaration(export) => {
                    self.export_declaration(&export.declaration);
                    self.edit(
                        export.span.start,
                        export.declaration.span().start,
                        Text::Literal(String::new()),
                    );
                }
                Statement::ExportDefaultDeclaration(export) => {
                    self.export_default(export.span, &export.declaration, stem);
                }
                _ => {}
            }
        }
    }

    fn export(&mut self, local: &ModuleExportName<'_>, exported: &str) {
        if let Some(binding) = self.binding(local.name().as_str()) {
            self.found.exports.insert(exported.to_owned(), Export::Local(binding));
        }
    }

    fn export_declaration(&mut self, declaration: &Declaration<'_>) {
        let mut names = Vec::new();
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                for declarator in &variables.declarations {
                    let identifiers = declarator.id.get_binding_identifiers();
                    names.extend(identifiers.into_iter().map(|identifier| identifier.name.to_string()));
                }
            }
            Declaration::FunctionDeclaration(function) => {
                names.extend(function.name().map(|name| name.to_string()));
            }
            Declaration::ClassDeclaration(class) => names.extend(class.name().map(|name| name.to_string())),
            _ => {}
        }
        for name in names {
            if let Some(binding) = self.binding(&name) {
                self.found.exports.insert(name, Export::Local(binding));
            }
        }
    }

    fn export_default(&mut self, span: Span, declaration: &ExportDefaultDeclarationKind<'_>, stem: &str) {
        let start = declaration.span().start;
        let (name, insertion) = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                (function.name(), Some(function.params.span.start))
            }
            // `class` is five letters long.
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                (class.name(), Some(class.span.start + 5))
            }
            _ => (None, None),
        };
        if let Some(binding) = name.and_then(|name| self.binding(name.as_str())) {
            self.found.exports.insert("default".into(), Export::Local(binding));
            self.edit(span.start, start, Text::Literal(String::new()));
            return;
        }
        let binding = self.found.bindings.len();
        let name = format!("{stem}_default");
        self.found.bindings.push(Binding { name, import: None, is_used: true, at: start as usize });
        self.found.default = Some(binding);
        self.found.exports.insert("default".into(), Export::Local(binding));
        match declaration {
            ExportDefaultDeclarationKind::ClassDeclaration(class) => self.name_class(class, binding),
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
            | ExportDefaultDeclarationKind::ArrowFunctionExpression(_) => {
                self.edit(span.end, span.end, Text::FunctionName(binding));
            }
            _ => {}
        }
        if let Some(at) = insertion {
            self.edit(span.start, start, Text::Literal(String::new()));
            self.edit(at, at, Text::Naming(binding));
        } else {
            self.edit(span.start, start, Text::Declaration(binding));
        }
    }
}
