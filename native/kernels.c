/* Everything in one unit, which is compiled once for each instruction set. */
#include "count.c"
#include "order.c"
#include "outcomes.c"
#include "sample.c"
#include "texts.c"
#include "trees.c"
