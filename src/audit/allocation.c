/* SPDX-License-Identifier: ISC
 *
 * Each model is a pair of a predictor and, for functions of an identifier, a fitted pool. Its likelihood is that of a
 * sequence of hits, near misses (an order passes over addresses of clients that the capture does not have) and
 * misses, their rates unknown: a Dirichlet-multinomial, counted up case by case. A miss is worth one in the pool, as
 * each choice of a random server is. Fitted parameters cost what there was to choose from.
 */
#include "audit/allocation.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/allocation_hash.h"
#include "audit/allocation_pool.h"
#include "base/err.h"

enum {
    NEAR = 8,
    MODELS_MAX = 16,
    FEW = 6, /* cases of a subnet, below which a function that does not fit it is no less likely */
    FITTED_MAX = 64, /* subnets of a server to which functions are fitted: that takes time */
};

struct order { /* models that look at the pool alone */
    const char *detail;
    int64_t (*predict)(const struct pool *pool);
    double prior;
    enum audit_strategy strategy;
    int direction; /* of near misses: +1, -1; 0: none */
};

/* A fresh pool looks the same to all orders: what the most servers do comes first. */
static const struct order orders[] = {
    { "the next one", pool_next, 0.4, AUDIT_STRATEGY_ITERATIVE, 1 },
    { "the lowest that is free", pool_lowest, 0.3, AUDIT_STRATEGY_ITERATIVE, 1 },
    { "the one below", pool_previous, 0.1, AUDIT_STRATEGY_ITERATIVE, -1 },
    { "the one that has been free the longest", pool_oldest, 0.2, AUDIT_STRATEGY_LRU, 0 },
};

struct model {
    enum audit_strategy strategy;
    uint32_t hits; /* among the held-out ones */
    const char *detail;
    const struct order *order;                  /* or */
    const struct allocation_function *function; /* and */
    struct allocation_fit fit;                  /* of the network at hand */
    double log_likelihood;                      /* of the fitted cases of all networks */
};

struct network_cases { /* of one network */
    const struct allocation_case *cases;
    size_t n, fitted;
    bool fitting; /* of functions: there were not too many before it */
};

static int64_t predict(const struct model *m, const struct pool *pool, size_t i)
{
    uint64_t value;
    if (m->order)
        return m->order->predict(pool);
    if (!m->function->value(&pool->cases[i], &value))
        return -1;
    int64_t offset = (int64_t)m->fit.start + (int64_t)(value % m->fit.size) - pool->first;
    return pool_probe(pool, offset, pool->size);
}

static bool is_near(const struct model *m, int64_t predicted, int64_t was)
{
    int64_t ahead = m->order ? (was - predicted) * m->order->direction : 0;
    return predicted >= 0 && ahead >= 1 && ahead <= NEAR;
}

/* Passes the cases of one network before a model. */
static int run(struct model *m, const struct network_cases *g)
{
    struct pool pool;
    int rc = pool_open(&pool, g->cases, g->n, g->fitted);
    if (rc != 0)
        return rc == ERR_TOO_BIG ? 0 : rc;
    double hits = 8, near = 1, misses = 1, chance = 1.0 / pool.size;
    for (size_t i = 0; i < g->n; i++) {
        pool_advance(&pool, g->cases[i].from_us);
        int64_t was = g->cases[i].address - pool.first;
        int64_t predicted = predict(m, &pool, i);
        double all = hits + near + misses;
        bool hit = predicted == was, close = !hit && is_near(m, predicted, was);
        if (i >= g->fitted) {
            m->hits += hit;
        } else if (predicted < 0) {
            m->log_likelihood += log(chance);
        } else {
            m->log_likelihood += hit     ? log(hits / all)
                                 : close ? log(near / all / NEAR)
                                         : log(misses / all * chance);
            hits += hit;
            near += close;
            misses += !hit && !close;
        }
        pool_give(&pool, i);
    }
    pool_close(&pool);
    return 0;
}

/* What a server with a secret, or none of these ways, would have done: each address is as likely. */
static void run_unpredictable(struct model *m, const struct network_cases *g)
{
    uint32_t low = g->cases[0].address, high = low;
    for (size_t i = 1; i < g->n; i++) {
        low = g->cases[i].address < low ? g->cases[i].address : low;
        high = g->cases[i].address > high ? g->cases[i].address : high;
    }
    m->log_likelihood -= (double)g->fitted * log((double)high - low + 1);
}

static size_t list_models(struct model out[MODELS_MAX])
{
    const struct allocation_function *functions;
    size_t functions_n = allocation_functions(&functions), n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
        out[n++] = (struct model){ .strategy = orders[i].strategy,
                                   .detail = orders[i].detail,
                                   .order = &orders[i],
                                   .log_likelihood = log(orders[i].prior) };
    for (size_t i = 0; i < functions_n; i++)
        out[n++] = (struct model){ .strategy = functions[i].strategy,
                                   .detail = functions[i].detail,
                                   .function = &functions[i] };
    out[n++] = (struct model){ .strategy = AUDIT_STRATEGY_UNPREDICTABLE,
                               .detail = "no order, and no function that is known" };
    return n;
}

static int run_model(struct model *m, const struct network_cases *g)
{
    bool fits =
        m->function && g->fitting && allocation_fit(m->function, g->cases, g->fitted, &m->fit);
    if (m->order || fits) {
        m->log_likelihood -= fits ? m->fit.tried : 0;
        return run(m, g);
    }
    if (!m->function || !g->fitting || g->fitted < FEW)
        run_unpredictable(m, g); /* they tell nothing of the function */
    else
        m->log_likelihood = -INFINITY;
    return 0;
}

/* The end of the run of cases that are of one network and subnet: cases are sorted by these. */
static size_t end_of_network(const struct allocation_case *cases, size_t n, size_t from)
{
    size_t to = from + 1;
    while (to < n && cases[to].network == cases[from].network &&
           cases[to].subnet == cases[from].subnet)
        to++;
    return to;
}

/* Runs every model over every network. Of each, the last of `held` parts of ten are not shown to the fit. */
static int run_all(const struct allocation_case *cases, size_t n, unsigned held,
                   struct model models[MODELS_MAX], size_t *models_n)
{
    size_t tried = 0;
    *models_n = list_models(models);
    for (size_t from = 0, to; from < n; from = to) {
        to = end_of_network(cases, n, from);
        struct network_cases g = { .cases = &cases[from], .n = to - from };
        g.fitted = g.n - g.n * held / 10;
        g.fitting = g.n >= FEW / 2 && tried++ < FITTED_MAX;
        for (size_t i = 0; i < *models_n; i++) {
            int rc = run_model(&models[i], &g);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

static const struct model *best_of(const struct model *models, size_t n)
{
    const struct model *best = &models[0];
    for (size_t i = 1; i < n; i++)
        if (models[i].log_likelihood > best->log_likelihood)
            best = &models[i];
    return best;
}

static void posterior(const struct model *models, size_t n, struct audit_allocation *out)
{
    const struct model *best = best_of(models, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = exp(models[i].log_likelihood - best->log_likelihood);
        out->likelihood[models[i].strategy] += weight;
        sum += weight;
    }
    for (size_t i = 0; i < AUDIT_STRATEGIES; i++)
        out->likelihood[i] /= sum;
    out->strategy = best->strategy;
    out->detail = best->detail;
    for (size_t i = 0; i < AUDIT_STRATEGIES; i++)
        if (out->likelihood[i] > out->likelihood[out->strategy])
            out->strategy = (enum audit_strategy)i;
}

/* The pool that shows the most: that of the network with the most cases. */
static void pool_of(const struct allocation_case *cases, size_t n, struct audit_allocation *out)
{
    size_t most = 0;
    for (size_t from = 0, to; from < n; from = to) {
        to = end_of_network(cases, n, from);
        if (to - from <= most)
            continue;
        most = to - from;
        out->pool_first = UINT32_MAX;
        out->pool_last = 0;
        for (size_t i = from; i < to; i++) {
            uint32_t address = cases[i].address;
            out->pool_first = address < out->pool_first ? address : out->pool_first;
            out->pool_last = address > out->pool_last ? address : out->pool_last;
        }
    }
}

static uint32_t held_out_of(const struct allocation_case *cases, size_t n, unsigned held)
{
    size_t sum = 0;
    for (size_t from = 0, to; from < n; from = to) {
        to = end_of_network(cases, n, from);
        sum += (to - from) * held / 10;
    }
    return (uint32_t)sum;
}

static int by_network(const void *a, const void *b, void *owner)
{
    const struct allocation_case *cases = owner;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    if (cases[i].network != cases[k].network)
        return cases[i].network < cases[k].network ? -1 : 1;
    if (cases[i].subnet != cases[k].subnet)
        return cases[i].subnet < cases[k].subnet ? -1 : 1;
    return i < k ? -1 : i > k; /* the order of time stays */
}

static int sort_by_network(const struct allocation_case *cases, size_t n,
                           struct allocation_case **out)
{
    uint32_t *order = calloc(n, sizeof(*order));
    struct allocation_case *copy = calloc(n, sizeof(*copy));
    struct allocation_case *sorted = calloc(n, sizeof(*sorted));
    if (order && copy && sorted) {
        memcpy(copy, cases, n * sizeof(*copy));
        for (uint32_t i = 0; i < n; i++)
            order[i] = i;
        qsort_r(order, n, sizeof(*order), by_network, copy);
        for (size_t i = 0; i < n; i++)
            sorted[i] = cases[order[i]];
        *out = TAKE(sorted);
    }
    free(order);
    free(copy);
    free(sorted);
    return *out ? 0 : -ENOMEM;
}

int allocation_infer(const struct allocation_case *cases, size_t n, struct audit_allocation *out)
{
    enum { HELD_OUT = 3 }; /* tenths */
    struct model models[MODELS_MAX];
    size_t models_n;
    out->strategy = AUDIT_STRATEGY_UNKNOWN;
    out->detail = "too few clients";
    for (size_t i = 0; i < AUDIT_STRATEGIES; i++)
        out->likelihood[i] = i == AUDIT_STRATEGY_UNKNOWN;
    if (n < ALLOCATION_CASES_MIN)
        return 0;
    n = n < ALLOCATION_CASES_MAX ? n : ALLOCATION_CASES_MAX;
    struct allocation_case *sorted = NULL;
    int rc = sort_by_network(cases, n, &sorted);
    if (rc == 0)
        rc = run_all(sorted, n, 0, models, &models_n);
    if (rc == 0) {
        out->likelihood[AUDIT_STRATEGY_UNKNOWN] = 0;
        posterior(models, models_n, out);
        pool_of(sorted, n, out);
        rc = run_all(sorted, n, HELD_OUT, models, &models_n);
    }
    if (rc == 0) {
        const struct model *best = best_of(models, models_n);
        out->held_out = held_out_of(sorted, n, HELD_OUT);
        out->predicted = out->held_out ? (double)best->hits / out->held_out : 0;
    }
    free(sorted);
    return rc;
}
