/** The JSON schema of `clicklake.yaml`, for editors. */
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** Draft 7: what YAML editors understand. */
export function renderJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    override({ jsonSchema, path }) {
      // A section whose keys are all commented out is null in YAML, and accepted.
      if (jsonSchema.type === 'object' && path.at(-2) === 'properties' && path.length === 2) {
        Object.assign(jsonSchema, { type: ['object', 'null'] });
      }
    },
  });
  return schema as Record<string, unknown>;
}
