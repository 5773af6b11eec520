/* The floor: one hidden layer of tanh units, all rows a step, squared error, Adam. One input, one output, float32.

   Built for the machine at hand by fused_c.py: gcc -O3 -march=native -ffast-math. Nothing is called and nothing is
   allocated; the loops run over units, which lie side by side, so that each becomes vectors of 8 or 16. Forward and
   backward are loops of their own: in one, a row waits for the last (0.67 beside 0.60 us a step). UNITS is given
   to the compiler: loops of a known length are unrolled. Parameters lie as pliant's: weights of the inputs, their
   biases, weights of the output, its bias. */

#include <math.h>
#include <string.h>

#define COUNT (3 * UNITS + 1)
#define PADDED (4 * UNITS)
#define ROWS_AT_MOST 1024

/* tanh, good to 4 units in the last place: an odd polynomial over an even one (Eigen's coefficients). */
static inline float tanh_of(float z) {
    const float far = 7.90531110763549805f;
    float c = z > far ? far : z, x = c < -far ? -far : c, s = x * x;
    float p = -2.76076847742355e-16f;
    p = p * s + 2.00018790482477e-13f;
    p = p * s + -8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return x * p / q;
}

static float delta[ROWS_AT_MOST];
static float a[ROWS_AT_MOST * UNITS] __attribute__((aligned(64)));

/* Train for `steps` steps; x and y (rows,), parameters (COUNT,) in and out. Moments start at zero. */
void train(int rows, int steps, const float *x, const float *y, float *parameters, float rate) {
    static float p[PADDED] __attribute__((aligned(64))), g[PADDED] __attribute__((aligned(64)));
    static float m[PADDED] __attribute__((aligned(64))), v[PADDED] __attribute__((aligned(64)));
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    double kept1 = 1.0, kept2 = 1.0;
    memset(p, 0, sizeof p), memset(g, 0, sizeof g), memset(m, 0, sizeof m), memset(v, 0, sizeof v);
    memcpy(p, parameters, COUNT * sizeof(float));
    float *w = p, *b = p + UNITS, *out = p + 2 * UNITS, *gw = g, *gb = g + UNITS, *gout = g + 2 * UNITS;
    for (int step = 0; step < steps; step++) {
        float sum_w[UNITS] __attribute__((aligned(64))) = {0}, sum_b[UNITS] __attribute__((aligned(64))) = {0};
        float sum_out[UNITS] __attribute__((aligned(64))) = {0}, sum_delta = 0.0f;
        for (int i = 0; i < rows; i++) {
            float *restrict ai = a + i * UNITS, eta = 0.0f, xi = x[i];
            for (int j = 0; j < UNITS; j++) {
                float each = tanh_of(xi * w[j] + b[j]);
                ai[j] = each;
                eta += each * out[j];
            }
            delta[i] = eta + out[UNITS] - y[i];
            sum_delta += delta[i];
        }
        for (int i = 0; i < rows; i++) {
            float *restrict ai = a + i * UNITS, xi = x[i], d = delta[i];
            for (int j = 0; j < UNITS; j++) {
                float back = (1.0f - ai[j] * ai[j]) * d;
                sum_out[j] += ai[j] * d;
                sum_b[j] += back;
                sum_w[j] += back * xi;
            }
        }
        float mean = 1.0f / rows;
        for (int j = 0; j < UNITS; j++) {
            gw[j] = sum_w[j] * out[j] * mean;
            gb[j] = sum_b[j] * out[j] * mean;
            gout[j] = sum_out[j] * mean;
        }
        gout[UNITS] = sum_delta * mean;
        kept1 *= beta1, kept2 *= beta2;
        float length = rate / (1.0 - kept1), spread = 1.0 / sqrt(1.0 - kept2);
        for (int k = 0; k < PADDED; k++) {
            m[k] += (1.0f - beta1) * (g[k] - m[k]);
            v[k] += (1.0f - beta2) * (g[k] * g[k] - v[k]);
            p[k] -= length * m[k] / (sqrtf(v[k]) * spread + epsilon);
        }
    }
    memcpy(parameters, p, COUNT * sizeof(float));
}
