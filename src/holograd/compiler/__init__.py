"""The compiler: a captured step becomes machine code, with the training loop around it.

In the order in which a step goes through them:

- `holograd.capture` runs it once with shapes; `extents` finds out which dimensions are the batch's.
- `simplify` drives the passes over nodes: `lower`, `fold`, `common`, `identities`; `rewriting` is
  what they share.
- `roll` makes vectors of scalar expressions that are repeated, before anything else.
- `fuse` decides what is computed together, `layout` in which order numbers lie. `reader`,
  `nest_builder`, `placing` and `nests` make nests of `loops` of it, with positions that are sums of
  loops (`index`) and what is computed there (`expressions`); `sweep` runs nests over rows block by
  block.
- `plan` lays the buffers into one arena.
- `emit` with `memory_access`, `emit_nests`, `emit_product` and `emit_step` write LLVM's
  instructions, in the words of `machine`, with the functions of `mathematics`, `native_random` and
  `native_sort`. Small graphs need neither loops nor memory: `registers`, with their `lane_maps`.
  Large graphs of scalars are `straight` code.
- `program` is all of that in order; `target` has LLVM make code of it for a level of vectors.
- `executable` runs it, `compiled` is `hg.compile`, `numbers` its quick way for Python's numbers,
  `predictor` a model's answers. `training_loop` with `control` is the loop over epochs and batches
  in machine code, and `trainer` what a run asks of it.
"""

from holograd.compiler.compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
