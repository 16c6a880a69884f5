package headgate.handover;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;

/**
 * Splits the results of a job at an instant of event time while two versions of it run side by side.
 *
 * <p>{@code WHERE headgate_gate(bound, witness...)} stands directly before each sink. The bound is a
 * column that says when a result was due: the watermark had reached it before the result was made.
 * Witnesses are other columns of the result; their values play no part, but a filter that needs an
 * aggregate cannot be moved below the aggregation.
 *
 * <p>Without the job parameter {@link #FILE} the gate is open for good.
 */
public final class HandoverGate extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    /** Job parameter: the file of the bounds. */
    static final String FILE = "headgate.handover.file";

    /**
     * Job parameter, {@code true} for a job that starts beside another one: it fails rather than to
     * run without its bounds, because with an open gate it would publish everything a second time.
     */
    static final String REQUIRED = "headgate.handover.required";

    private transient BoundsFile file;
    private transient Consumer<Bounds> change;
    private transient Bounds bounds;
    private transient long judged;
    private transient long judgedBefore;

    @Override
    public void open(FunctionContext context) throws IOException {
        bounds = null;
        judged = Long.MIN_VALUE;
        judgedBefore = Long.MIN_VALUE;
        change = this::apply;
        String path = context.getJobParameter(FILE, "");
        if (path.isEmpty()) {
            bounds = Bounds.OPEN;
            return;
        }
        boolean required = Boolean.parseBoolean(context.getJobParameter(REQUIRED, "false"));
        file = BoundsFile.attach(Path.of(path), required, change);
        MetricGroup metrics = context.getMetricGroup();
        metrics.gauge("handoverAfter", (Gauge<Long>) () -> current().after);
        metrics.gauge("handoverUntil", (Gauge<Long>) () -> current().until);
        metrics.gauge("handoverJudged", (Gauge<Long>) this::judged);
        metrics.gauge("handoverJudgedBefore", (Gauge<Long>) this::judgedBefore);
    }

    @Override
    public void close() {
        if (file != null) {
            file.detach(change);
            file = null;
        }
    }

    /**
     * Whether a result passes.
     *
     * @param bound a timestamp or a number of epoch milliseconds
     */
    public boolean eval(Object bound, Object... witness) {
        if (file != null) {
            file.lookIfStale();
        }
        return judge(bound);
    }

    private synchronized boolean judge(Object bound) {
        if (bound == null) {
            if (bounds.equals(Bounds.OPEN)) {
                return true;
            }
            throw new IllegalStateException("A result without a bound reached the hand-over gate");
        }
        long millis =
                bound instanceof TimestampData
                        ? ((TimestampData) bound).getMillisecond()
                        : (Long) bound;
        judged = Math.max(judged, millis);
        return bounds.admit(millis);
    }

    /** The greatest bound of all results so far. */
    synchronized long judged() {
        return judged;
    }

    /**
     * The greatest bound that was judged by other bounds than the current ones. While it is not
     * above the instant of a hand-over, that instant came in time here.
     */
    synchronized long judgedBefore() {
        return judgedBefore;
    }

    synchronized Bounds current() {
        return bounds;
    }

    private synchronized void apply(Bounds changed) {
        bounds = changed;
        judgedBefore = judged;
    }

    /** The answer changes from one moment to the next: it is not computed ahead of time. */
    @Override
    public boolean isDeterministic() {
        return false;
    }

    @Override
    public boolean supportsConstantFolding() {
        return false;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory factory) {
        return TypeInference.newBuilder()
                .inputTypeStrategy(new BoundAndWitnesses())
                .outputTypeStrategy(TypeStrategies.explicit(DataTypes.BOOLEAN().notNull()))
                .build();
    }
}
