//! Secrets in what is about to be packed.

use crate::findings::code::{rules, words};

rules! {
    SECRET_FOUND: "secret-found", Error {
        summary: "A secret is about to be packed",
        why: "A bundle is no hiding place: whoever can fetch it, install it or open its UI reads every file, and a published version cannot be taken back. Take the secret out, revoke it, and read it from `alga:extension/secrets`, which each installation fills for itself. What only looks like one is allowed by its hash in `validate.not_secret` of alga-ext.yaml.",
        platform: "registry.md §2.5, runner.md §4.2, runner.md §5.2",
        example: words(
            "`const token = 'ghp_…'` in `src/handler.ts` or `ui/app.js`",
            "`const token = await host.secrets.get('github_token')`",
        ),
    }
    SECRET_LIKELY: "secret-likely", Warning {
        summary: "Something with the name and the looks of a secret is about to be packed",
        why: "Its name says password, secret or key, and its value is too random for a word. Whoever can fetch the bundle reads it. What is none is allowed by its hash in `validate.not_secret` of alga-ext.yaml.",
        platform: "registry.md §2.5, runner.md §4.2, runner.md §5.2",
        example: words(
            "`client_secret: '…'` with 24 random letters in `ui/config.json`",
            "`await host.secrets.get('client_secret')` in the handler",
        ),
    }
    SECRET_FILE: "secret-file", Error {
        summary: "A file that holds secrets is in the bundle or the UI",
        why: "`.env`, private keys, key stores and credentials belong to one machine. The runner skips what begins with a dot, and the archive has it all the same.",
        platform: "registry.md §2.5, runner.md §6.2",
        example: words("`ui/.env.production`", "the file outside of `ui/`"),
    }
}
