//! The project file: what the development runner refuses, and what would mislead.

use crate::findings::code::{file, rules, words};

rules! {
    CONFIG_VALUE: "config-value", Error {
        summary: "A value of `alga-ext.yaml` that the development runner refuses",
        why: "`dev` and `invoke` do not start with it: a schedule the platform would refuse, a storage key with `/`, an answer for an address that is none, a limit of 0, a capability that does not exist.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "schedules:\n  - endpoint: GET /\n    cron: \"*/2 * * * *\"\n",
            "schedules:\n  - endpoint: GET /\n    cron: \"*/5 * * * *\"\n",
        ),
    }
    CONFIG_PATH: "config-path", Error {
        summary: "A path of `alga-ext.yaml` that leads out of the project, or to what is built",
        why: "The build takes what lies in the project, so that another machine finds the same, and replaces `dist/ui` as a whole.",
        platform: "alga-ext",
        example: file("alga-ext.yaml", "ui:\n  dir: ../shared/ui\n", "ui:\n  dir: ui\n"),
    }
    CONFIG_DUPLICATE: "config-duplicate", Error {
        summary: "The same id, name or answer twice in `alga-ext.yaml`",
        why: "Of two users the first one calls, of two answers the first one is given, and two clients, services or schedules of one name are refused.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "clients:\n  - id: 3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e\n  - id: 3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e\n",
            "clients:\n  - id: 3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e\n  - id: 0f2b9a64-7c0d-4d0e-9a27-52b1d5f3a811\n",
        ),
    }
    CONFIG_REFERENCE: "config-reference", Warning {
        summary: "An id in `alga-ext.yaml` that nothing in it has",
        why: "A portal user of a client that is not there sees what no user of the platform can see, and calls may answer otherwise than they do there.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "clients:\n  - id: 3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e\nusers:\n  - id: u1\n    type: client\n    client_id: contoso\n",
            "clients:\n  - id: 3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e\nusers:\n  - id: u1\n    type: client\n    client_id: 3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e\n",
        ),
    }
    CONFIG_UNUSED: "config-unused", Warning {
        summary: "A value of `alga-ext.yaml` that has no effect",
        why: "Of answers the first that fits is given, so one behind another that fits everything it does never is; hosts are compared by name alone; a grant that is no capability grants nothing.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "http:\n  replies:\n    - url: https://api.example.com/*\n    - url: https://api.example.com/rates\n",
            "http:\n  replies:\n    - url: https://api.example.com/rates\n    - url: https://api.example.com/*\n",
        ),
    }
    CONFIG_SECRET: "config-secret", Warning {
        summary: "A real secret stands in `alga-ext.yaml`",
        why: "The file is not packed, and belongs into the repository: everyone who reads that has the secret. Write a made-up one, and keep the real one in a file that git ignores, named with `--data`.",
        platform: "alga-ext",
        example: words("`secrets: { token: ghp_… }` in alga-ext.yaml", "the same in `own.local.yaml`, and `alga-ext dev --data own.local.yaml`"),
    }
}
