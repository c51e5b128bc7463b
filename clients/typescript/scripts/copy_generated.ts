/** The generated code is JavaScript already, with its types beside it: it goes into the package as it is. */

import { cpSync } from "node:fs";

cpSync(new URL("../src/v1", import.meta.url), new URL("../dist/v1", import.meta.url), { recursive: true });
