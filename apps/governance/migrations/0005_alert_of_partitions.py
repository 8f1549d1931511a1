from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_audit_by_object_and_person"),
    ]

    operations = [
        migrations.AlterField(
            model_name="opsalert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FEED_STALE", "Feed stale"),
                    ("FEED_EMPTY", "Feed empty"),
                    ("PROVIDER_AUTH", "Provider auth"),
                    ("PROVIDER_QUOTA", "Provider quota"),
                    ("SIM_FAIL", "Sim fail"),
                    ("DIRECTION_MISMATCH", "Direction mismatch"),
                    ("INTEGRITY_BLOCKED", "Integrity blocked"),
                    ("MAPPING_DRIFT", "Mapping drift"),
                    ("PROVIDER_ID_MISSING", "Provider id missing"),
                    ("PUBLISH_DUPLICATE", "Publish duplicate"),
                    ("DELIVERY_UNKNOWN", "Delivery unknown"),
                    ("DELIVERY_FAILED", "Delivery failed"),
                    ("GRADING_LAG", "Grading lag"),
                    ("RESULT_OVERDUE", "Result overdue"),
                    ("CLOSE_SNAPSHOT_MISSING", "Close snapshot missing"),
                    ("REGRADE", "Regrade"),
                    ("BILLING_WRITE_FAIL", "Billing write fail"),
                    ("AUDIT_CHAIN_BROKEN", "Audit chain broken"),
                    ("LEDGER_IMBALANCE", "Ledger imbalance"),
                    ("ROI_ANOMALY", "Roi anomaly"),
                    ("CALIBRATION_DRIFT", "Calibration drift"),
                    ("CLV_DRIFT", "Clv drift"),
                    ("OVER_RATE", "Over rate"),
                    ("UNAUTHORIZED_WRITE", "Unauthorized write"),
                    ("RATE_LIMIT_BREACH", "Rate limit breach"),
                    ("ENTITLEMENT_VIOLATION", "Entitlement violation"),
                    ("JOB_MISSED", "Job missed"),
                    ("HEARTBEAT_LOST", "Heartbeat lost"),
                    ("PARTITION_MISSING", "Partition missing"),
                ],
                max_length=32,
            ),
        ),
    ]
