/** The JSON schema of `clicklake.yaml`, for editors. */
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** Draft 7, the version that YAML editors support. */
export function renderJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    override({ jsonSchema, path }) {
      // A section whose keys are all commented out is null in YAML, which is allowed.
      if (jsonSchema.type === 'object' && path.at(-2) === 'properties' && path.length === 2) {
        Object.assign(jsonSchema, { type: ['object', 'null'] });
      }
    },
  });
  return schema as Record<string, unknown>;
}
