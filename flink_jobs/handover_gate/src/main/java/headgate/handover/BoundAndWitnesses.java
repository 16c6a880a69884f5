package headgate.handover;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.ArgumentCount;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.ConstantArgumentCount;
import org.apache.flink.table.types.inference.InputTypeStrategy;
import org.apache.flink.table.types.inference.Signature;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.utils.DataTypeUtils;

/** A timestamp or a BIGINT, then any columns; all stay as Flink keeps them, nothing is converted. */
final class BoundAndWitnesses implements InputTypeStrategy {

    @Override
    public ArgumentCount getArgumentCount() {
        return ConstantArgumentCount.from(1);
    }

    @Override
    public Optional<List<DataType>> inferInputTypes(CallContext call, boolean throwOnFailure) {
        List<DataType> types = new ArrayList<>();
        for (DataType type : call.getArgumentDataTypes()) {
            types.add(DataTypeUtils.toInternalDataType(type));
        }
        LogicalTypeRoot root = types.get(0).getLogicalType().getTypeRoot();
        if (root == LogicalTypeRoot.BIGINT
                || root == LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE
                || root == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE) {
            return Optional.of(types);
        }
        return call.fail(throwOnFailure, "A bound is a timestamp or a BIGINT, not %s.", root);
    }

    @Override
    public List<Signature> getExpectedSignatures(FunctionDefinition definition) {
        return List.of(
                Signature.of(
                        Signature.Argument.of("bound", "TIMESTAMP | TIMESTAMP_LTZ | BIGINT"),
                        Signature.Argument.ofGroupVarying("witness")));
    }
}
